"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:6226c0654e6c9ec1f07f1cf491697c42490aea5496c9d4953f23ef9c37b394f4"
