"""Jobs of other processes of the user, living or dead, as their journals tell. Blocks."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from protocol.commands.render import Job
from protocol.errors import Timeout
from sidecar.services.instance import LOCK, OTHERS
from sidecar.services.locks import try_lock
from sidecar.services.render.job import RenderJob
from sidecar.services.render.journal import NAME, Found, read_rows
from sidecar.services.render.queue import JobQueue

ANSWER_SECONDS = 15.0
ASK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The jobs of one data folder, newest first, with their places in its line. `alive`: a process holds it."""

    folder: Path
    alive: bool
    jobs: list[Job]


def survey(data: Path) -> list[Elsewhere]:
    """Look into every journal of a data folder. A job of the dead that ran is shown as it will be: queued."""
    folders = [data, *sorted(path for path in (data / OTHERS).glob("*") if path.is_dir())]
    return [_look(folder) for folder in folders if (folder / NAME).exists()]


def is_held(folder: Path) -> bool:
    """Whether a living process holds a data folder."""
    try:
        lock = try_lock(folder / LOCK)
    except OSError:
        return False
    if lock is not None:
        lock.release()
    return lock is None


def ask(folder: Path, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Have the process that holds a folder do something to a job; return {"result"} or {"error"}, JSON values.

    Raises Timeout when it does not answer, sqlite3.Error when its journal cannot be used.
    """
    with _opened(folder) as database:
        values = (method, msgspec.json.encode(params))
        number = database.execute("INSERT INTO wishes (method, params) VALUES (?, ?)", values).lastrowid
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while time.monotonic() < deadline:
                row = database.execute("SELECT answer FROM wishes WHERE number = ?", (number,)).fetchone()
                if row is not None and row[0] is not None:
                    answer: dict[str, Any] = msgspec.json.decode(row[0])
                    return answer
                time.sleep(ASK_EVERY)
            raise Timeout(operation=method, seconds=ANSWER_SECONDS)
        finally:
            with suppress(sqlite3.Error):
                database.execute("DELETE FROM wishes WHERE number = ?", (number,))


def _look(folder: Path) -> Elsewhere:
    found, alive = Found(), is_held(folder)
    with suppress(sqlite3.Error), _opened(folder) as database:
        read_rows(database, found)
    queue = JobQueue()
    jobs = list(map(RenderJob.of, found.rows))
    if alive:
        for job in jobs:
            queue.add(job)
            queue.enter(job)
    else:
        queue.restore(found.rows)
        jobs = [queue.find(job.job_id) for job in jobs]
    return Elsewhere(folder, alive, [job.show(queue.line.position(job), segments=False) for job in reversed(jobs)])


def _opened(folder: Path) -> closing[sqlite3.Connection]:
    # Not made where there is none, and with the right to write that reading a WAL needs.
    name = f"file:{quote(str((folder / NAME).absolute()))}?mode=rw"
    return closing(sqlite3.connect(name, uri=True, isolation_level=None, timeout=5))
