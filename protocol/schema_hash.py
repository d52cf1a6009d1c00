"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:9d8460f20407ae70ee52b360b568da53d87b19d788b6fe18b0a6e7a1bbbf1429"
