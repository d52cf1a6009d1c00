"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:f16d77ef39deeef4a197783c042803620a89a665467ee7e9349396a412ab1d80"
