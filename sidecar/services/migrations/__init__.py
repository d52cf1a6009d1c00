"""How documents of earlier versions become those of today: a version and a chain of pure functions for each kind."""

from sidecar.services.migrations.chain import Chain, Document, Step, UnknownVersion
from sidecar.services.migrations.journal import JOURNAL
from sidecar.services.migrations.schema import PROJECT, migrate_project
from sidecar.services.migrations.settings import SETTINGS

__all__ = ["JOURNAL", "PROJECT", "SETTINGS", "Chain", "Document", "Step", "UnknownVersion", "migrate_project"]
