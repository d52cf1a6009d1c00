"""Parameter shapes that several commands take."""

from __future__ import annotations

from typing import Any

from protocol.model import Model
from protocol.time import Seconds


class ProjectRef(Model):
    """A project by `id` (opened), `path` (a file) or `inline`; exactly one of the three.

    `revision` that is not the current one is `projectConflict`. `base_path` is the folder that relative paths of an
    inline project start from.
    """

    id: str | None = None
    revision: int | None = None
    path: str | None = None
    inline: dict[str, Any] | None = None
    base_path: str | None = None


class When(Model):
    """An instant as a frame number or in seconds; exactly one."""

    frame: int | None = None
    time: Seconds | None = None


class Range(Model, rename={"from_": "from"}):
    """From one instant up to, not including, another."""

    from_: When
    to: When
