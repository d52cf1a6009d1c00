"""What the sidecar runs on: cores, memory, space, versions. Everything here is measured when it is asked for."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from protocol.commands.system import Memory

CGROUP = Path("/sys/fs/cgroup")
LIBRARIES = ("av", "imageio-ffmpeg", "msgspec", "numpy", "psutil", "trio")


def cores() -> int:
    """Cores that this process may use."""
    import psutil  # noqa: PLC0415 - start-up time

    return len(psutil.Process().cpu_affinity() or ()) or os.cpu_count() or 1


def memory(cgroup: Path = CGROUP) -> Memory:
    """Memory in bytes; the limit of a container counts where it is lower than the machine's."""
    import psutil  # noqa: PLC0415 - start-up time

    machine = psutil.virtual_memory()
    limit, used = _bytes(cgroup / "memory.max"), _bytes(cgroup / "memory.current")
    if limit is None or used is None or limit >= machine.total:
        return Memory(total=machine.total, available=machine.available)
    return Memory(total=limit, available=min(machine.available, max(0, limit - used)))


def free_space(folder: Path) -> int:
    """Bytes that this user may still write on the disk of a folder."""
    return shutil.disk_usage(folder).free


def libraries() -> dict[str, str]:
    """Versions of the packages that the work rests on."""
    from importlib.metadata import version  # noqa: PLC0415 - start-up time

    return {name: version(name) for name in LIBRARIES}


def platform_name() -> str:
    """The operating system and its release, as people call it."""
    return platform.platform(terse=True)


def isolation() -> list[str]:
    """How children are held apart: what each of them gets on this system."""
    common = ["processGroup", "scrubbedEnvironment", "decodersInWorkers"]
    return [*common, "diesWithParent"] if sys.platform == "linux" else common


def _bytes(path: Path) -> int | None:
    """Read a number of a cgroup file; None where there is no such file, or no limit ("max")."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
