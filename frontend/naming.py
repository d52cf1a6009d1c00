"""Which paths a request names: in params, in projects inside them, and in patches of projects.

Every path of the wire stands under a member of one of few names, at whatever depth; a test compares them with the
command table. What is found is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from protocol.errors import InvalidParams

Access = Literal["read", "write"]

READ, WRITTEN, LISTS = "path", "output", frozenset({"paths", "folders"})
"""Members that hold a path to be read, one to be written, and lists of paths to be read."""

BASE = "basePath"
"""The member that says where relative paths beside it start; it names nothing by itself."""


@dataclass(frozen=True, slots=True)
class Named:
    """A path as it is written; `base` is the folder that a relative one starts from, where there is any."""

    path: str
    access: Access
    base: str | None


def named(method: str, params: Mapping[str, Any], base: str | None = None) -> Iterator[Named]:
    """Find every path in the params of a request; `base` is that of the open project it is about.

    Raises InvalidParams for a patch that would make a path of what is none.
    """
    given = dict(params)
    if method == "project.save" and isinstance(given.get("path"), str):
        yield Named(given.pop("path"), "write", None)
    if method == "project.update":
        patch = given.pop("patch", None)
        if isinstance(patch, list):
            for index, operation in enumerate(patch):
                if isinstance(operation, dict):
                    yield from _patched(operation, base, f"/patch/{index}")
    yield from in_document(given, base)


def in_document(value: Any, base: str | None) -> Iterator[Named]:
    """Find every path in JSON of any depth."""
    waiting = [(value, base)]
    while waiting:
        here, start = waiting.pop()
        if isinstance(here, list):
            waiting += [(each, start) for each in here if isinstance(each, (dict, list))]
        elif isinstance(here, dict):
            if isinstance(here.get(BASE), str):
                start = here[BASE]
            for key, member in here.items():
                yield from _member(key, member, start)
                if isinstance(member, (dict, list)):
                    waiting.append((member, start))


def _member(key: str, member: Any, base: str | None) -> Iterator[Named]:
    if isinstance(member, str):
        if key == READ and member:  # an empty one is how effects say "none"
            yield Named(member, "read", base)
        elif key == WRITTEN:
            yield Named(member, "write", None)
    elif isinstance(member, list) and key in LISTS:
        yield from (Named(each, "read", base) for each in member if isinstance(each, str))


def _patched(operation: Mapping[str, Any], base: str | None, at: str) -> Iterator[Named]:
    """Find the paths of one operation of RFC 6902, whose own `path` points into the project."""
    target = _last(operation.get("path"))
    value = operation.get("value")
    yield from _member(target, value, base)
    yield from in_document(value, base)
    # A text that was taken for a title must not become a path by being moved.
    if "from" in operation and _last(operation["from"]) != target and target in {READ, WRITTEN, *LISTS}:
        raise InvalidParams(detail="nothing is moved or copied to where a path stands", path=at)


def _last(pointer: Any) -> str:
    return pointer.rpartition("/")[2] if isinstance(pointer, str) else ""
