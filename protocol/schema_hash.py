"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:4cdf572031c2e3681463b7d539ce9091a01d29e67bc9e0781712da22fc0f7bf7"
