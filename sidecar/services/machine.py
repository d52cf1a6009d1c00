"""What the sidecar runs on: cores, memory, space, versions. Everything here is measured when it is asked for."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from protocol.commands.system import Memory

if TYPE_CHECKING:
    from sidecar.services.monitoring.cgroup import Cgroup

LIBRARIES = ("av", "imageio-ffmpeg", "msgspec", "numpy", "psutil", "trio")


def cores() -> int:
    """Cores that this process may use."""
    import psutil  # noqa: PLC0415 - start-up time

    return len(psutil.Process().cpu_affinity() or ()) or os.cpu_count() or 1


def memory(cgroup: Cgroup | None = None) -> Memory:
    """Memory in bytes: that of the fullest control group around us whose limit is lower than the machine's, as monitoring has it."""
    import psutil  # noqa: PLC0415 - start-up time

    from sidecar.services.monitoring.cgroup import Cgroup  # noqa: PLC0415 - start-up time

    machine = psutil.virtual_memory()
    group = (cgroup or Cgroup()).memory(machine.total)
    if group is None:
        return Memory(total=machine.total, available=machine.available)
    return Memory(total=group.limit, available=min(machine.available, max(0, group.limit - group.used)))


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
