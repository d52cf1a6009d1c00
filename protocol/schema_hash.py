"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:3806a7a881fd9dd38a417aeb62ef2afd5d6d9129275dade598fd2e8644db8ea5"
