"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:bc6bced4085d746d9d45ea0063693ff4fd15b20b958d461371a6a20c7ffea72b"
