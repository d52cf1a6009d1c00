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
"""The member that says where relative paths of a project start; it names nothing by itself."""

FREE = frozenset({"metadata", "fields", "parameters"})
"""Members of a project under which texts have any name: one called `path` need not be one."""

FILE_EFFECTS = ("lut",)
"""Effects that have a file among their parameters, under the name of READ."""


@dataclass(frozen=True, slots=True)
class Named:
    """A path as it is written; `base` is the folder that a relative one starts from, where there is any."""

    path: str
    access: Access
    base: str | None


def named(method: str, params: Mapping[str, Any], base: str | None = None) -> Iterator[Named]:
    """Find every path in the params of a request; `base` is that of the open project that it edits.

    Raises InvalidParams for a patch that would make a path of what is none.
    """
    given = dict(params)
    if method == "project.save" and isinstance(given.get("path"), str):
        yield Named(given.pop("path"), "write", None)
    if method == "project.open":
        yield from in_document(given.pop("project", None), _text(given.get(BASE)))
    elif method == "project.update":
        patch = given.pop("patch", None)
        if isinstance(patch, list):
            for index, operation in enumerate(patch):
                if isinstance(operation, dict):
                    yield from _patched(operation, base, f"/patch/{index}")
        yield from in_document(given.pop("project", None), base)
    else:
        media = given.get("media")
        yield from _inline(given, "project")
        if isinstance(media, dict):
            given["media"] = dict(media)
            yield from _inline(given["media"], "project")
    # Other relative paths would start where the sidecar happens to run.
    yield from in_document(given, None)


def in_document(value: Any, base: str | None) -> Iterator[Named]:
    """Find every path in JSON of any depth, also where a text only might be one; whatever says BASE in it is no base."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += [each for each in here if isinstance(each, (dict, list))]
        elif isinstance(here, dict):
            for key, member in here.items():
                yield from _member(key, member, base)
                if isinstance(member, (dict, list)):
                    waiting.append(member)


def shown(project: Any, base: str | None) -> Iterator[Named]:
    """Find the files that a project plays, and none that are named where nobody reads them."""
    waiting = [project]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            if isinstance(here.get(READ), str) and here[READ]:
                yield Named(here[READ], "read", base)
            own = here.get("parameters")
            if isinstance(own, dict) and here.get("type") in FILE_EFFECTS:
                yield from _member(READ, own.get(READ), base)
            waiting += [member for key, member in here.items() if key not in FREE]


def _inline(given: dict[str, Any], name: str) -> Iterator[Named]:
    """Find the paths of a project that comes with the request that is about it, and take it out."""
    project = given.get(name)
    if isinstance(project, dict) and "inline" in project:
        yield from in_document(project["inline"], _text(project.get(BASE)))
        given[name] = {key: member for key, member in project.items() if key != "inline"}


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
    if "from" not in operation:
        return
    # A text that was taken for a title must not become a path by being moved.
    if _last(operation["from"]) != target and target in {READ, WRITTEN, *LISTS}:
        raise InvalidParams(detail="nothing is moved or copied to where a path stands", path=at)
    if (_steps(operation["from"]) & FREE) - _steps(operation.get("path")):
        raise InvalidParams(detail=f"nothing is moved or copied out of {', '.join(sorted(FREE))}", path=at)


def _last(pointer: Any) -> str:
    return pointer.rpartition("/")[2] if isinstance(pointer, str) else ""


def _steps(pointer: Any) -> frozenset[str]:
    return frozenset(pointer.split("/")) if isinstance(pointer, str) else frozenset()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
