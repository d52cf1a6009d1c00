"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:c1f953ac598d85c66ab4d89d0207ecfe133b7154de3b491cdf1c0558ed5a9e7c"
