"""What a killed sidecar left beside its targets.

A part file is locked by the sidecar that has it written, and the lock ends with that process, however it ends: a
part whose lock is free belongs to nobody.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from sidecar.services.locks import FileLock, try_lock
from sidecar.services.render.extras import clear_extras
from sidecar.services.render.publish import PART_SUFFIX

_PART = re.compile(r"\..+\.[0-9a-f]{16}(-\d+)?-\d+" + re.escape(PART_SUFFIX))


def claim(part: Path) -> FileLock:
    """Make the part file and lock it for as long as it is written. Raises OSError, also when somebody has it."""
    # Made here, with the rights that the user's files have: the part becomes the user's file.
    part.touch(mode=0o666)
    lock = try_lock(part)
    if lock is None:
        raise FileExistsError(17, "another sidecar writes it", str(part))
    return lock


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
