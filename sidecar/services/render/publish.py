"""Publication of a finished file: beside its target first, then there in one step."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from protocol.errors import OutputExists, OutputUnwritable
from sidecar.services.files import fsync_file, fsync_folder, write_error

PART_SUFFIX = ".part"


def part_path(target: Path, owner: str) -> Path:
    """Name the file that is written while the job runs: hidden, in the target's folder, of the owner's own.

    The target's own suffix stays out of it, so that no file manager shows half a video.
    """
    return target.with_name(f".{target.name}.{owner}{PART_SUFFIX}")


def check_early(target: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot be written, before it is known what is rendered: a folder may be wanted.

    Raises OutputExists, OutputUnwritable.
    """
    if not target.is_dir():
        check_target(target, overwrite=overwrite)


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot be written, before any work is done for it.

    Raises OutputExists, OutputUnwritable.
    """
    if not target.parent.is_dir():
        raise OutputUnwritable(path=str(target), detail="its folder does not exist")
    if target.is_dir():
        raise OutputUnwritable(path=str(target), detail="it is a folder")
    if target.exists() and not target.is_file():
        # Publishing takes the name's place: as root it would put a file where /dev/null was.
        raise OutputUnwritable(path=str(target), detail="it is a device, a pipe or a socket")
    if target.exists() and not overwrite:
        raise OutputExists(path=str(target))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise OutputUnwritable(path=str(target), detail="its folder refuses to be written")


def check_not_a_source(target: Path, sources: Iterable[str]) -> None:
    """Refuse a target that the render reads, under whatever name. Raises OutputUnwritable."""
    if not target.exists():
        return
    for source in map(Path, sources):
        if source.exists() and target.samefile(source):
            raise OutputUnwritable(
                path=str(target), detail="it is a source of this project", suggestion="Choose another name"
            )


def publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Make the finished part the target, durably: file and folder are synced.

    Without `overwrite` a target that appeared meanwhile is kept and OutputExists raised. Raises OutputUnwritable,
    DiskFull.
    """
    try:
        fsync_file(part)
        if overwrite:
            part.replace(target)
        else:
            os.link(part, target)
            part.unlink()
        fsync_folder(target.parent)
    except FileExistsError as error:
        raise OutputExists(path=str(target)) from error
    except OSError as error:
        raise write_error(target, error) from error
