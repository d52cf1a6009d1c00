"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:f877b7af3ffcc5261ebd79c4bdff861c20440ae4853683d5db8cac807ce04ebc"
