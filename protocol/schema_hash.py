"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:877d8e12f51598df88f764d066cd42c15dac2dc87bae24133a673fe1da99cce1"
