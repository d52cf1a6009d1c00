"""How sidecars that run on this machine are reached: each says so in a file in its data folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import trio

from protocol.errors import SidecarError
from protocol.typed import ready
from sidecar.services.files import write_atomic
from sidecar.services.folders import Roots
from sidecar.services.instance import ADDRESS, LOCK, OTHERS
from sidecar.services.locks import try_lock
from sidecar.services.logger import Logger
from sidecar.services.loopback import Loopback
from sidecar.services.monitoring.times import timestamp

LONGEST = 5.0
"""Seconds for which the end waits for a folder that hangs."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A sidecar that runs: `origin` and `token` are those that its `initialize` answered, `data` is its own folder."""

    pid: int
    origin: str
    token: str
    started_at: str
    data: Path


class _Address(msgspec.Struct, frozen=True, rename="camel"):
    """The file; members that are not known are left alone."""

    pid: int
    origin: str
    token: str
    started_at: str


def running(roots: Roots) -> list[Instance]:
    """Return the sidecars that can be reached, first the one that owns the data folder. Blocks for some milliseconds.

    What a process that is gone has left is told by the lock of its folder, which went with it.
    """
    folders = [roots.data, *sorted((roots.data / OTHERS).glob("*"))]
    return [found for folder in folders if (found := _read(folder)) is not None]


async def announce(loopback: Loopback, folder: Path, *, pid: int, started: float, log: Logger) -> None:
    """Say in a data folder how this sidecar is reached, for this user only, once it listens and until cancelled.

    `started` is a Unix time. Where it cannot be written the log says so: it is reached by those who were told.
    """
    await loopback.bound.wait()
    path = folder / ADDRESS
    address = _Address(pid=pid, origin=loopback.origin, token=loopback.token, started_at=timestamp(started))
    write = partial(write_atomic, path, msgspec.json.encode(address), mode=0o600)
    one = trio.CapacityLimiter(1)
    try:
        await trio.to_thread.run_sync(write, abandon_on_cancel=True, limiter=one)
        await trio.sleep_forever()
    except SidecarError as error:
        log.warning("it cannot be written how this sidecar is reached", path=str(path), detail=error.message)
    finally:
        # Behind the write, if that still goes on.
        with trio.move_on_after(LONGEST, shield=True), suppress(OSError):
            await trio.to_thread.run_sync(path.unlink, abandon_on_cancel=True, limiter=one)


def _read(folder: Path) -> Instance | None:
    try:
        data = (folder / ADDRESS).read_bytes()
        if not _held(folder / LOCK):
            return None
        address = msgspec.json.decode(data, type=ready(_Address))
    except (OSError, ValueError):
        return None
    return Instance(address.pid, address.origin, address.token, address.started_at, folder)


def _held(path: Path) -> bool:
    """Say whether somebody has the lock of a file; those who look at the same time are in nobody's way."""
    if not path.exists():
        return False
    lock = try_lock(path, shared=True)
    if lock is not None:
        lock.release()
    return lock is None
