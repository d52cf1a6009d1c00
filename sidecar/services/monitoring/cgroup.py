"""Limits of the control group that this process is in, and what the group uses: inside a container they are the machine.

Both versions of Linux' control groups are read, where they are usually mounted; elsewhere there are no limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")

NO_LIMIT = 2**60
"""Version 1 writes a number as large as this for none."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes: how many the group may have, and how many it has that cannot be dropped at once."""

    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class CpuUse:
    """How many cores the group may keep busy, and the processor seconds it has used so far."""

    cores: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Cgroup:
    """The files of our group; `root` and `membership` stand elsewhere in tests."""

    root: Path = ROOT
    membership: Path = MEMBERSHIP

    def memory(self, total: int = NO_LIMIT) -> MemoryUse | None:
        """Return limit and use of the fullest of the groups that we are in; None where none has less than `total` bytes.

        It is the fullest that runs out first, whichever has the lowest limit. Reads files.
        """
        found = [use for folder in self._folders("memory") if (use := _memory(folder)) is not None]
        return max(
            (use for use in found if use.limit < total), key=lambda use: use.used / max(1, use.limit), default=None
        )

    def cpu(self) -> CpuUse | None:
        """Return the lowest quota that holds for us, and its use; None where there is none. Reads files."""
        found = [use for folder in self._folders("cpu") if (use := self._cpu(folder)) is not None]
        return min(found, key=lambda use: use.cores, default=None)

    def _cpu(self, folder: Path) -> CpuUse | None:
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdecimal() and period.isdecimal():
            used = _numbers(folder / "cpu.stat").get("usage_usec")
            return None if used is None else CpuUse(int(quota) / int(period), used / 1e6)
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():
            nanoseconds = _number(self.root / "cpuacct" / folder.relative_to(self.root / "cpu") / "cpuacct.usage")
            return None if nanoseconds is None else CpuUse(int(quota) / int(period), nanoseconds / 1e9)
        return None

    def _folders(self, controller: str) -> Iterator[Path]:
        """Return our group and those that it is part of, as far as they can be seen from here."""
        for line in _text(self.membership).splitlines():
            number, _, rest = line.partition(":")
            names, _, path = rest.partition(":")
            if number == "0" and not names:
                base = self.root
            elif controller in names.split(","):
                base = self.root / controller
            else:
                continue
            parts = [part for part in path.split("/") if part not in ("", "..")]
            for depth in range(len(parts), -1, -1):
                yield base.joinpath(*parts[:depth])


def _memory(folder: Path) -> MemoryUse | None:
    stat = _numbers(folder / "memory.stat")
    for limit_file, used_file, droppable in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit, used = _number(folder / limit_file), _number(folder / used_file)
        if limit is not None and used is not None and limit < NO_LIMIT:
            return MemoryUse(limit, max(0, used - stat.get(droppable, 0)))
    return None


def _numbers(path: Path) -> dict[str, int]:
    """Read a file of names and numbers."""
    pairs = (line.partition(" ") for line in _text(path).splitlines())
    return {name: int(value) for name, _, value in pairs if value.isdecimal()}


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
