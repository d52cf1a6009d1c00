"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:2c0c95f87cff88edeec4eb67722417c90b62b5a791b0140c13f9bd3afbf76d9e"
