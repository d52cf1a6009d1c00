"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:8685ec5a4f58ff829833a237f1bd3d265af2bfcab54f107415b9ac0b535e2176"
