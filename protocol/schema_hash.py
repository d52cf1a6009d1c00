"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:ad5b2f770b0d2dbf3d3ef5cfa083c173299f7e2b4bd9925ee7e94c6b532badef"
