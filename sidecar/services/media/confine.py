"""What a process that decodes files of unknown origin may take."""

from __future__ import annotations

import sys

MEMORY_BYTES = 4 * 1024**3


def confine() -> None:
    """Bound this process's address space, so that a small file which asks for much memory fails here, alone; no cores."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
