"""Where open projects lie: what their relative paths start from, and the file that a save without a path writes.

The sidecar does what is asked of it side by side, so while a request that may change this is not answered nothing is
certain, and nothing is said.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

OPENING = frozenset({"project.open", "project.load"})
"""Methods whose answer is a project: who opened it may see what it shows."""

NOTED = OPENING | {"project.close", "project.save"}
"""Methods that change where open projects lie."""


@dataclass(frozen=True, slots=True)
class _Place:
    base: str | None
    file: str | None


class OpenProjects:
    """By the sidecar's own ids. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: dict[str, _Place] = {}
        self._openings = 0
        self._closings: Counter[str] = Counter()

    def base(self, project: Any) -> str | None:
        """Return the folder that relative paths of an open project start from; None where that is not certain."""
        place = self._place(project)
        return None if place is None else place.base

    def file(self, project: Any) -> str | None:
        """Return the file that a save without a path writes; None where that is not certain."""
        place = self._place(project)
        return None if place is None else place.file

    def sent(self, method: str, params: Mapping[str, Any]) -> None:
        """Take note that a request goes out: one of NOTED is to be `settled` in the end."""
        with self._lock:
            if method in OPENING:
                self._openings += 1
            elif method == "project.close":
                self._closings[str(params.get("projectId"))] += 1

    def settled(self, method: str, params: Mapping[str, Any], *, kept: bool) -> None:
        """Take note that a request has been answered; `kept`: a project that was to be closed surely is open still."""
        with self._lock:
            if method in OPENING:
                self._openings -= 1
            elif method == "project.close":
                project = str(params.get("projectId"))
                self._closings[project] -= 1
                if not self._closings[project]:
                    del self._closings[project]
                if not kept:
                    self._places.pop(project, None)

    def opened(self, params: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        """Take note of where a project lies that was opened, and return what its relative paths start from."""
        file = result["file"]["path"] if "file" in result else None
        base = params.get("basePath") if file is None else os.path.dirname(file)  # noqa: PTH120 - as it is written
        place = _Place(base if isinstance(base, str) else None, file)
        with self._lock:
            self._places[str(result["projectId"])] = place
        return place.base

    def saved(self, params: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Take note of the file that a project was saved to; its relative paths start from where they did."""
        project = params["project"].get("id")
        if isinstance(project, str):
            with self._lock:
                place = self._places.get(project, _Place(None, None))
                self._places[project] = replace(place, file=str(result["path"]))

    def lost(self) -> None:
        """Forget all: the sidecar that had them has ended."""
        with self._lock:
            self._places.clear()
            self._closings.clear()
            self._openings = 0

    def _place(self, project: Any) -> _Place | None:
        if not isinstance(project, str):
            return None
        with self._lock:
            return None if self._openings or project in self._closings else self._places.get(project)
