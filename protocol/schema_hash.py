"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:ba0b8422c5f50d0ce4f2f4b51468f61764788ecbda26b5da19567e4b9e32fbf7"
