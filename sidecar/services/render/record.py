"""What of a job outlives the process: its row in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from protocol.commands.render import JobError, PlanSummary, RenderProgress, RenderResult, State
from protocol.commands.shared import Range
from protocol.model import Result
from protocol.problem import Problem

if TYPE_CHECKING:
    from protocol.project import Project

ENDED: frozenset[State] = frozenset({"completed", "failed", "cancelled"})
ACTIVE: frozenset[State] = frozenset({"preparing", "running"})


class Identity(Result):
    """A file or folder by what a rename leaves as it is."""

    inode: int
    modified: int

    @staticmethod
    def of(path: Path) -> Identity:
        """Return that of what is there; raises OSError where there is nothing."""
        found = path.stat()
        return Identity(inode=found.st_ino, modified=found.st_mtime_ns)


class Asked(Result):
    """What render.start asked for; it never changes.

    `base` is the folder that relative paths of the project start from, `read` the folders that may be read (null:
    all that the user may), `content` the key of the project as it was then, export settings merged in.
    """

    output: str
    overwrite: bool
    range: Range | None
    resume: bool
    labels: dict[str, str]
    base: str | None
    read: list[str] | None
    content: str


class Record(Result):
    """A job as it lies in the journal. `place` orders jobs of one priority; `interrupted` ones go before all others.

    `delivering` is what was about to be put at the target, and beside it: what stands there after a kill may be the
    job's own work. `promised` is what the job has come to once all of that stands there.
    """

    job_id: str
    asked: Asked
    state: State
    priority: int
    place: int
    interrupted: bool
    attempts: int
    created_at: str
    started_at: str | None
    ended_at: str | None
    trace_id: str
    delivering: list[Identity]
    plan: PlanSummary
    problems: list[Problem]
    progress: RenderProgress | None
    result: RenderResult | None
    error: JobError | None
    promised: RenderResult | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record under its number: jobs are numbered in the order of their making."""

    serial: int
    record: Record


@dataclass(frozen=True, slots=True)
class Content:
    """A project as JSON text, and the key under which it is kept."""

    key: str
    body: bytes

    @staticmethod
    def of(project: Project) -> Content:
        body = msgspec.json.encode(project)
        return Content(sha256(body).hexdigest(), body)

    @property
    def sound(self) -> bool:
        """Whether the text is the one that was kept."""
        return sha256(self.body).hexdigest() == self.key


def read_roots(read: list[str] | None) -> tuple[Path, ...] | None:
    """Return the folders that a record names."""
    return None if read is None else tuple(map(Path, read))
