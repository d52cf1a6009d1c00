"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:61046b5d0230fe6c5e6406f5c6cec983f7f6a8bebbd7f46f25a839538d0d5ee6"
