"""What a killed sidecar left beside its targets.

A part file is locked by the sidecar that has it written, and the lock ends with that process, however it ends: a
part whose lock is free belongs to nobody.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from time import sleep

from sidecar.services.locks import FileLock, try_lock
from sidecar.services.render.extras import clear_extras
from sidecar.services.render.publish import PART_SUFFIX

GLANCES = (0.01, 0.03, 0.1)
"""Seconds between looks at a lock that is taken: whoever looks whether it is has it for a moment."""

_PART = re.compile(r"\..+\.[0-9a-f]{16}(-\d+)?-\d+" + re.escape(PART_SUFFIX))


def claim(part: Path) -> FileLock:
    """Make the part file and lock it for as long as it is written. Blocks.

    Raises OSError, also when somebody has it for longer than it takes to see whether somebody has it.
    """
    for wait in (*GLANCES, None):
        # Made with the rights that the user's files have: the part becomes the user's file.
        lock = try_lock(part, mode=0o666)
        if lock is not None:
            return lock
        if wait is not None:
            sleep(wait)
    raise FileExistsError(17, "another sidecar writes it", str(part))


def sweep_parts(folder: Path) -> list[Path]:
    """Remove the parts in a folder that no living sidecar writes; return them. What resists is left."""
    removed = []
    for path in sorted(folder.glob(f".*{PART_SUFFIX}")):
        if not _PART.fullmatch(path.name) or not path.is_file():
            continue
        with suppress(OSError):
            lock = try_lock(path)
            if lock is not None:
                clear_extras(path)
                lock.release(remove=True)
                removed.append(path)
    return removed
