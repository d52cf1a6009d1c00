"""What a render leaves at its target: a file or a folder of numbered pictures, and files beside it. All of it or nothing.

Until it is published, everything but the part file itself lies in one hidden folder beside that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from protocol.errors import OutputExists, OutputUnwritable, RenderFailed
from sidecar.ffmpeg.builder.captions import sidecar_files
from sidecar.services.files import fsync_file, fsync_folder, write_error
from sidecar.services.render.extras import REPLACED, extra_folder
from sidecar.services.render.planning import Planned
from sidecar.services.render.publish import check_target, publish

STILL_SUFFIX = ".png"
"""A target of this name is one picture; any other target of pictures is a folder of them."""

DIGITS = 5
"""Fewest digits of a picture's number."""

MayReplace = Callable[[Path], bool]
"""Whether what stands at a path may be replaced."""

_PICTURE = re.compile(r"frame-\d{5,}\.png")
_START, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`pictures` is how many numbered pictures there are, None for a file; `beside` are names and contents."""

    target: Path
    pictures: int | None = None
    beside: tuple[tuple[str, bytes], ...] = ()

    @property
    def single(self) -> bool:
        """Whether it is one picture as a file."""
        return self.pictures == 1 and self.target.suffix.lower() == STILL_SUFFIX

    @property
    def beside_targets(self) -> list[Path]:
        """Files beside the target."""
        return [self.target.with_name(name) for name, _ in self.beside]


def delivery_of(planned: Planned, target: Path) -> Delivery:
    """Say what a plan leaves at a target."""
    export, timeline = planned.export, planned.stages.timeline
    beside = sidecar_files(timeline, export, planned.span, target.stem)
    return Delivery(target, planned.frames if export.container == "png" else None, tuple(beside))


def check_delivery(delivery: Delivery, may_replace: MayReplace) -> None:
    """Refuse what cannot be written, before any work is done for it.

    `may_replace` is asked of each path that something is put at. An empty folder may be there; one that holds nothing but such pictures may be replaced. Raises OutputExists,
    OutputUnwritable.
    """
    for path in delivery.beside_targets:
        check_target(path, overwrite=may_replace(path))
    target = delivery.target
    if delivery.pictures is None or delivery.single:
        check_target(target, overwrite=may_replace(target))
        return
    if target.suffix.lower() == STILL_SUFFIX:
        detail = f"it names one picture, and there are {delivery.pictures}"
        raise OutputUnwritable(path=str(target), detail=detail, suggestion="Name a folder")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise OutputUnwritable(path=str(target), detail="pictures go into a folder, and it is none")
    if not target.is_dir():
        check_target(target, overwrite=may_replace(target))
        return
    held = [path.name for path in target.iterdir()]
    if held and not may_replace(target):
        raise OutputExists(path=str(target))
    others = [name for name in held if not _PICTURE.fullmatch(name)]
    if others:
        detail = f"it holds {others[0]}, which is none of its pictures"
        raise OutputUnwritable(path=str(target), detail=detail, suggestion="Choose an empty folder")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise OutputUnwritable(path=str(target), detail="its folder refuses to be written")


def prepare(delivery: Delivery, part: Path) -> str:
    """Return what the encoder is to write to; for pictures a pattern in a folder that this makes. Raises OSError."""
    if delivery.pictures is None:
        return str(part)
    folder = _pictures(part)
    folder.mkdir(parents=True)
    # FFmpeg reads the pattern, and would read the folder's own name as one, too.
    return str(folder).replace("%", "%%") + f"/frame-%0{_digits(delivery.pictures)}d.png"


def check_pictures(delivery: Delivery, part: Path) -> None:
    """Look at all pictures: none is missing, none more is there, each is whole. Blocking; raises RenderFailed."""
    folder, count = _pictures(part), delivery.pictures or 0
    wanted = [_name(number, count) for number in range(count)]
    found = sorted(path.name for path in folder.iterdir())
    if found != sorted(wanted):
        raise RenderFailed(detail=f"{len(found)} pictures instead of {count}")
    for name in wanted:
        with (folder / name).open("rb") as file:
            start = file.read(len(_START))
            file.seek(-len(_END), os.SEEK_END)
            if start != _START or file.read() != _END:
                raise RenderFailed(detail=f"{name} is not whole")


def essence(delivery: Delivery, part: Path) -> Path:
    """Return what `deliver` puts at the target: the part file, or the picture or folder of pictures beside it."""
    if delivery.pictures is None:
        return part
    return _pictures(part) / _name(0, 1) if delivery.single else _pictures(part)


def goods_of(delivery: Delivery, part: Path) -> list[Path]:
    """Write what goes beside the target, and return everything that `deliver` is to put at its place. Raises OSError."""
    return [*_write_beside(delivery, part), essence(delivery, part)]


def write_back(delivery: Delivery, part: Path) -> None:
    """Have the disk take a finished file, so that `deliver` need not wait for it; pictures it waits for. Blocking.

    Raises DiskFull, OutputUnwritable.
    """
    if delivery.pictures is None:
        try:
            fsync_file(part)
        except OSError as error:
            raise write_error(part, error) from error


def deliver(delivery: Delivery, part: Path, may_replace: MayReplace) -> None:
    """Publish what `goods_of` returned: the files beside the target first, the target last, each in one step, and durably.

    What fails is taken back. Raises OutputExists, OutputUnwritable, DiskFull.
    """
    undo: list[Callable[[], None]] = []
    target = delivery.target
    try:
        for source, goal in zip(_beside(delivery, part), delivery.beside_targets, strict=True):
            kept = extra_folder(part) / "old" / goal.name
            replaces = may_replace(goal)
            if replaces and goal.exists():
                kept.parent.mkdir(exist_ok=True)
                os.link(goal, kept)
                undo.append(partial(os.replace, kept, goal))
            publish(source, goal, overwrite=replaces)
            if not kept.exists():
                undo.append(partial(goal.unlink, missing_ok=True))
        if delivery.pictures is None or delivery.single:
            publish(essence(delivery, part), target, overwrite=may_replace(target))
        else:
            _publish_folder(delivery, part, may_replace)
    except BaseException as error:
        for step in reversed(undo):
            with suppress(OSError):
                step()
        if isinstance(error, OSError):
            raise write_error(delivery.target, error) from error
        raise


def essential_bytes(delivery: Delivery, part: Path) -> int:
    """Return the bytes of what is to be the target, all its pictures together."""
    found = essence(delivery, part)
    return sum(path.stat().st_size for path in (found.iterdir() if found.is_dir() else [found]))


def _pictures(part: Path) -> Path:
    return extra_folder(part) / "pictures"


def _digits(count: int) -> int:
    return max(DIGITS, len(str(count - 1)))


def _name(number: int, count: int) -> str:
    return f"frame-{number:0{_digits(count)}d}.png"


def _beside(delivery: Delivery, part: Path) -> list[Path]:
    return [extra_folder(part) / "beside" / name for name, _ in delivery.beside]


def _write_beside(delivery: Delivery, part: Path) -> list[Path]:
    paths = _beside(delivery, part)
    for path, (_, content) in zip(paths, delivery.beside, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths


def _publish_folder(delivery: Delivery, part: Path, may_replace: MayReplace) -> None:
    """Put the folder in its place. A folder that is there goes back where that fails, also when the sidecar dies."""
    folder, target = _pictures(part), delivery.target
    for picture in folder.iterdir():
        fsync_file(picture)
    fsync_folder(folder)
    check_delivery(Delivery(target, delivery.pictures), may_replace)
    kept = extra_folder(part) / REPLACED / target.name
    if target.exists() and any(target.iterdir()):
        kept.parent.mkdir(exist_ok=True)
        target.rename(kept)
    try:
        folder.rename(target)
    except OSError:
        if kept.exists():
            kept.rename(target)
        raise
    fsync_folder(target.parent)
