"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:7acc94963d6f7d9edcfee8a7aa6d43c2742dcce0d2b968d924d81d80321406de"
