"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:7c2b691db5992499e0a51d15a520bc5524338e043513ce9f06eac5ea8a647982"
