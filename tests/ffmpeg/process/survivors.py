"""What tests ask the system about processes and descriptors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import trio

from sidecar.ffmpeg.supervisor import Child
from sidecar.ffmpeg.supervisor.posix import Posix
from tests.harness.patience import PATIENCE

TAG = "SIDECAR_TEST_TAG"

SLEEPER = ["/bin/sh", "-c", "trap '' TERM; sleep 600 & sleep 600"]


def portable() -> Posix:
    """Return the platform of other POSIX systems with this one's way to wait."""

    def sleep_until_ended(pid: int) -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    return Posix(sleep_until_ended)


def open_descriptors() -> int:
    """Count this process's open file descriptors."""
    return len(names(Path("/proc/self/fd")))


def tagged(value: str) -> list[int]:
    """List living processes, of whatever parent, whose environment holds the tag."""
    wanted, found = f"{TAG}={value}".encode(), []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue  # it ended meanwhile
    return [pid for pid in found if alive(pid)]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def names(folder: Path) -> list[str]:
    """List what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def written(path: Path) -> bool:
    """Tell whether a file is there and not empty."""
    return path.exists() and path.stat().st_size > 0


async def until(condition: Callable[[], object]) -> None:
    """Wait for what the system does outside, which no event of ours tells of."""
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await trio.sleep(0.002)


async def grandchildren(child: Child) -> list[int]:
    """Return the group of a SLEEPER once both sleeps run."""
    leader = psutil.Process(child.pid)
    await until(lambda: len(leader.children(recursive=True)) == 2)
    return [process.pid for process in leader.children(recursive=True)]


async def gone(pids: list[int]) -> None:
    await until(lambda: not any(map(alive, pids)))
