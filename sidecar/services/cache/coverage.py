"""Which cells the last plans of projects were made of: what of a project is cached can be told without planning again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST = 32
"""Projects whose plan is remembered."""


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """Frames of a plan and the key of their segment; None where they are copied from their source."""

    key: str | None
    frames: int


@dataclass(frozen=True, slots=True)
class _Plan:
    revision: int
    cells: Sequence[PlannedCell]


class Coverage:
    """The cells of open projects at one revision each."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, _Plan] = OrderedDict()

    def note(self, project_id: str, revision: int, cells: Sequence[PlannedCell]) -> None:
        """Remember a plan in place of the last one."""
        self._plans[project_id] = _Plan(revision, cells)
        self._plans.move_to_end(project_id)
        if len(self._plans) > MOST:
            self._plans.popitem(last=False)

    def cells(self, project_id: str, revision: int) -> Sequence[PlannedCell]:
        """Return the cells of a revision; none where its plan is not known, or has none."""
        plan = self._plans.get(project_id)
        return () if plan is None or plan.revision != revision else plan.cells


def covered(cells: Sequence[PlannedCell], there: Collection[str]) -> float | None:
    """Return the share of frames whose segment is there or needs none."""
    frames = sum(cell.frames for cell in cells)
    held = sum(cell.frames for cell in cells if cell.key is None or cell.key in there)
    return held / frames if frames else None
