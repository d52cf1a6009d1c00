"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:9052f9dd6b35aa80bbca2951267681ff06238769d6a8069df34ce328bf754a99"
