"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:0f916ba3c11745d8887ef1532a2d3a146e17f77e84c9dae9b805c5c3b33a7144"
