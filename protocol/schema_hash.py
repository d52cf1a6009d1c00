"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:d90c30d06b08935daf1f7e2bd5ff69112873324f344d58f573c1e19873889bfa"
