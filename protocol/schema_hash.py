"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:dd295cb622d37154caef2685bdf35d6edf324d6860b676312d9b758b6c3a56ba"
