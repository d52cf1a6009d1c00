"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:7fa806084bdfc6d6865d436ed7a94e78f5c7d05a603d4a59ea3bb12c0d667bfc"
