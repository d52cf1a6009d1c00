"""Versions of the journal of unsaved edits."""

from sidecar.services.migrations.chain import Chain

JOURNAL = Chain("journal", version=1)
