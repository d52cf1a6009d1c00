"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:c4baa7b2d584a6e36e159ddae4f20b8239b1aa00b1c00f49ea4a84a9a3bb3a9d"
