"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:a5aee58c4e41c652a5e7b0bf4356688241cfcf01de1a076d68cf20d490745646"
