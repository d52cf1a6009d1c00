"""The version of a project file (docs/project.md §1, rule 1)."""

from __future__ import annotations

import re
from typing import Any

from protocol.errors import InvalidProject, UnsupportedSchema
from protocol.project.check.schema import project_shape
from protocol.project.check.sink import Sink, shown
from protocol.project.check.walk import Walk
from protocol.project.timeline import SCHEMA

MAJOR, MINOR = 1, 0
"""The newest version that is known."""

_VERSION = re.compile(r"timeline/([1-9][0-9]{0,8})(?:\.(0|[1-9][0-9]{0,8}))?")
_NAMED = 100


def read_version(raw: object) -> dict[str, Any]:
    """Return a project that is an object of a known version.

    Raises InvalidProject for what is no project at all, and UnsupportedSchema, with the members that are not known
    (at most 100), for one of a newer version.
    """
    if not isinstance(raw, dict):
        raise InvalidProject(detail="it is not a JSON object")
    schema = raw.get("schema")
    if schema is None:
        raise InvalidProject(detail='it has no member "schema"', suggestion=f'Write "schema": "{SCHEMA}"')
    match = _VERSION.fullmatch(schema) if isinstance(schema, str) else None
    if match is None:
        raise InvalidProject(detail=f"its schema is {shown(schema)}", suggestion=f'Write "schema": "{SCHEMA}"')
    major, minor = int(match[1]), int(match[2] or 0)
    if (major, minor) > (MAJOR, MINOR):
        raise UnsupportedSchema(needed=schema, known=SCHEMA, unknown_members=_unknown_members(raw))
    return raw


def _unknown_members(raw: dict[str, Any]) -> list[str]:
    walk = Walk(Sink(raw))
    project_shape().visit(raw, walk, trusted=False)
    unknown = [p.pointer for p in walk.sink.problems if p.context["rule"] == "unknownMember"]
    return unknown[:_NAMED]
