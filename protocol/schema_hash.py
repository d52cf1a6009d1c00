"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:964082b724a7f6eca2c62856d94b26b524cfe0094a332267827faf909d5a4e01"
