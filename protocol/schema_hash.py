"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:d67581d4961baad1dd0cc28d9fb57e09bbb94174fed39bfae8617ea35a6b7e41"
