"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:3312021842b7ef3ea6dbfc65c743b85a8ce80f62de963413564ab15cce5f59e9"
