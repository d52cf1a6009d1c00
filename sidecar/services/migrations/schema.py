"""Versions of the project file. The chain is over majors; a minor only adds members that may be left out."""

from __future__ import annotations

import re
from typing import Any

from protocol.errors import UnsupportedSchema
from protocol.project.timeline import SCHEMA
from sidecar.services.migrations.chain import Chain, Document, UnknownVersion

PROJECT = Chain("project", version=1)
_VERSION = re.compile(r"timeline/(\d{1,9})(?:\.(\d{1,9}))?")


def migrate_project(raw: Any, chain: Chain = PROJECT) -> tuple[Any, str | None]:
    """Return the project at today's major, and the schema it was migrated from (None: it was not).

    What is no project, or of today's major, passes through for validation to judge. Raises UnsupportedSchema for a
    major that no chain begins at.
    """
    named = raw.get("schema") if isinstance(raw, dict) else None
    match = _VERSION.fullmatch(named) if isinstance(named, str) else None
    if match is None or int(match[1]) >= chain.version:
        return raw, None
    document: Document = raw
    try:
        return chain.migrate(document, int(match[1])), named
    except UnknownVersion as error:
        raise UnsupportedSchema(
            needed=match[0],
            known=SCHEMA,
            message=f"There never was a project schema {match[0]}; this sidecar knows {SCHEMA}",
        ) from error
