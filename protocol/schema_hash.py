"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:b702485af53ab2af34a487f949d2b0a55484e6b65288473eb5d6df20638e7d42"
