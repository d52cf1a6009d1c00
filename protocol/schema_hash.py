"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:2d74353f7b2cd0f4b8392f14650341b3247ecbfc49d4045b7f2f120752a16f8f"
