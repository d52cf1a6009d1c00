"""What tells one content of a file from another without reading all of it."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import blake2b
from pathlib import Path

from protocol.errors import MediaNotFound, MediaUnreadable, PermissionDenied

SAMPLE_BYTES = 65_536


def open_regular(path: Path) -> int:
    """Open a regular file for reading and return its descriptor; never waits on a pipe or a device.

    Raises MediaNotFound (missing, or not a regular file), PermissionDenied, MediaUnreadable.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise MediaNotFound(path=str(path), message=f"{path} is not a regular file")
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise MediaNotFound(path=str(path)) from error
    except PermissionError as error:
        raise PermissionDenied(path=str(path), access="read") from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP):
            raise MediaNotFound(path=str(path)) from error
        raise MediaUnreadable(path=str(path), detail=str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MediaNotFound(path=str(path), message=f"{path} is not a regular file")
    return descriptor


def fingerprint(path: Path) -> str:
    """Return "size-mtimeNs-hash" of a file; the hash is of its first, middle and last 64 KiB.

    Raises what `open_regular` raises, and MediaUnreadable when a read fails.
    """
    descriptor = open_regular(path)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        facts = os.fstat(file.fileno())
        digest = blake2b(digest_size=16)
        try:
            for start in sorted({0, max(0, (facts.st_size - SAMPLE_BYTES) // 2), max(0, facts.st_size - SAMPLE_BYTES)}):
                file.seek(start)
                digest.update(file.read(SAMPLE_BYTES))
        except OSError as error:
            raise MediaUnreadable(path=str(path), detail=str(error)) from error
    return f"{facts.st_size}-{facts.st_mtime_ns}-{digest.hexdigest()}"
