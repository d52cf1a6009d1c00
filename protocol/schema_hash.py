"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:dc6716016084b7a65c61a6e4d4617ce279827abc1887857172074e9c15ead38d"
