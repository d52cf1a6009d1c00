"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:9879683aa8456544276f733800d068330c3634b4ff30e0a562b945dc53670e63"
