"""What the end of an operation counts as, and which operations are looked at together."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["ok", "fault", "error", "cancelled"]

OUTCOMES: tuple[Outcome, ...] = ("ok", "fault", "error", "cancelled")

FAULTS = frozenset(
    {
        "cacheCorrupt",
        "decoderCrashed",
        "diskFull",
        "ffmpegCrashed",
        "internal",
        "renderFailed",
        "stalled",
        "timeout",
    }
)
"""Kinds of errors that are ours or the machine's. All others are the caller's: they are no part of the error ratio."""

RENDER = "render"
"""The name of a job's own life, from its turn to its end; what clients ask of jobs are operations of their own."""

GROUPS = ("preview.frame", "preview", "project", "media.probe", "media", "cache", "jobs", "monitoring", "other")
"""Operations whose durations are looked at together: a histogram of each would be too many series."""

_ALONE = frozenset({"preview.frame", "media.probe"})
_BATCHES = frozenset({"cache.preload", "cache.verify", "project.relink"})
_AREAS = {
    "preview": "preview",
    "project": "project",
    "media": "media",
    "cache": "cache",
    "render": "jobs",
    "metrics": "monitoring",
    "alerts": "monitoring",
}


def outcome_of(kind: str | None) -> Outcome:
    """Return what an end counts as, by the kind of its error; None is a result."""
    if kind is None:
        return "ok"
    if kind in FAULTS:
        return "fault"
    return "cancelled" if kind == "cancelled" else "error"


def group_of(operation: str) -> str:
    """Return the group of an operation by its name."""
    return operation if operation in _ALONE else _AREAS.get(operation.partition(".")[0], "other")


def is_interactive(operation: str) -> bool:
    """Say whether somebody waits for it: `preview.frame`, `media.probe`, and of `project` and `cache` all but batches."""
    return operation in _ALONE or (operation.startswith(("project.", "cache.")) and operation not in _BATCHES)
