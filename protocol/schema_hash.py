"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:6189ffc8491a8ef74026beede99abf969170028eac346602beccacc2d4a0b8ea"
