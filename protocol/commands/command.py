"""The record of a command, from which dispatch, discovery, the clients and the documentation are derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from protocol.errors import SidecarError
from protocol.model import Model, Result

Load = Literal["inline", "interactive", "previews", "jobs", "probe"]
"""Which limiter a command waits for: none, the interactive one, or that of small files, of jobs, or of probes."""


class Params(Model, kw_only=True):
    """Base of all params: a client may always name a progress token and a view."""

    progress_token: str | int | None = None


class Empty(Params):
    """A command without parameters."""


class Nothing(Result):
    """An empty result."""


@dataclass(frozen=True, slots=True)
class Example:
    """Documented params that a test really sends, after the examples of the commands named in `after`.

    Paths in examples are relative to a folder that holds `clip.mp4` (three seconds of picture and sound) and
    `project.json` (a project over it).
    """

    params: dict[str, Any]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One method of the wire."""

    name: str
    params: type[Params]
    result: type[Any]
    summary: str
    example: Example
    raises: tuple[type[SidecarError], ...] = ()
    load: Load = "interactive"
    progress: bool = False
    before_initialize: bool = False
    notification: bool = field(default=False)
    """Also accepted without an id; then nothing is answered."""
