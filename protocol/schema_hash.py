"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:0bea07f28da88ca28a2fa8c896adf321d6aef97c732b872cfcca3b89e84cc5fe"
