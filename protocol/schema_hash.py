"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:d9649a739793e810c3551e78f8740ab2fedeb8273dde79347054c634bb5c42bf"
