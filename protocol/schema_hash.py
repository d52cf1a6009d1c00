"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:b0a27f57499e28a6f9e97ac45bca74899c5417164aefa06b3fa300c1ca92b861"
