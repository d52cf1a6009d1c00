"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:37c1d08b3e4672e43d911bbbbbd54259245b1ce7d43f16acccff741257597fb3"
