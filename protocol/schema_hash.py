"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:f837f85eda5ceaa4e14c52ab482a55578ac1d58cc7d84e376ffda2c6ac585974"
