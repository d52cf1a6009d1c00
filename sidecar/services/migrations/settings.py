"""Versions of the settings file."""

from sidecar.services.migrations.chain import Chain

SETTINGS = Chain("settings", version=1)
