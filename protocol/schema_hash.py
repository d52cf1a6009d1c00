"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:d196803e66b7bdd75259b701c52221819e25301f3c1213e90e73a1d2f1f5d56d"
