"""Writes what a preview made to the file that was asked for: whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import trio

from protocol.errors import InvalidParams
from sidecar.services.files import write_error
from sidecar.services.render.publish import check_not_a_source, check_target, part_path, publish


@dataclass(frozen=True, slots=True)
class Target:
    """A file that is asked for: its path, absolute and with links followed, and whether it may replace another.

    `project` is the file of the project that is shown, if it has one: it is not replaced either.
    """

    path: Path
    overwrite: bool = False
    project: Path | None = None

    def check(self, sources: Iterable[str] = ()) -> None:
        """Refuse what cannot be written, and one of the files that are read, before anything is made.

        Raises OutputExists, OutputUnwritable.
        """
        check_target(self.path, overwrite=self.overwrite)
        check_not_a_source(self.path, [*sources, *([] if self.project is None else [str(self.project)])])

    def check_suffix(self, *suffixes: str) -> None:
        """Raise InvalidParams for a name that says something else than what is to be in the file."""
        if self.path.suffix.lower() not in suffixes:
            raise InvalidParams(detail=f"it is written as {' or '.join(suffixes)}", path="/output")

    def beside(self, suffix: str) -> Target:
        """Return the file of the same name with another suffix."""
        return replace(self, path=self.path.with_suffix(suffix))


async def write(target: Target, made: Path | bytes) -> str:
    """Write a finished file, or bytes, beside the target and then put it there; returns its path.

    Cancelled or failed, nothing is left of it. Raises OutputExists, OutputUnwritable, DiskFull.
    """
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(partial(_write, target, made))
    return str(target.path)


def _write(target: Target, made: Path | bytes) -> None:
    target.check()
    part = part_path(target.path, uuid4().hex[:12])
    try:
        try:
            if isinstance(made, bytes):
                part.write_bytes(made)
            else:
                shutil.copyfile(made, part)
        except OSError as error:
            raise write_error(target.path, error) from error
        publish(part, target.path, overwrite=target.overwrite)
    finally:
        # Published, it is gone; a folder that has vanished meanwhile takes it along.
        if os.path.lexists(part):
            part.unlink()
