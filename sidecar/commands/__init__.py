"""Handlers of the commands: a module an area, as in `protocol.commands`, found by `sidecar.commands.registry`."""
