"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "sha256:fb12deb03ae776481483aebe2eb80e22ecf38f6a84edd376c525379f84f89cff"
