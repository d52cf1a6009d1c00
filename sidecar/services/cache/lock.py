"""The lock of the whole cache: shared to pin an entry, exclusive to change what there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.services.files import make_private
from sidecar.services.locks import FileLock, try_lock

LONGEST_WAIT = 10.0
FIRST_PAUSE = 0.0002
LONGEST_PAUSE = 0.005


class CacheBusyError(Exception):
    """Another sidecar has held the cache for too long: it may be stopped. Work goes on without the cache."""


@contextmanager
def cache_lock(path: Path, *, shared: bool, step: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a cache; it is held for moments only, and ends with its process.

    Waits up to LONGEST_WAIT seconds, then raises CacheBusyError; `step` is called while it waits and may raise to stop.
    """
    deadline, pause = time.monotonic() + LONGEST_WAIT, FIRST_PAUSE
    while (lock := _try(path, shared=shared)) is None:
        step()
        if time.monotonic() > deadline:
            raise CacheBusyError(str(path))
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    try:
        yield
    finally:
        lock.release()


def _try(path: Path, *, shared: bool) -> FileLock | None:
    try:
        return try_lock(path, shared=shared)
    except FileNotFoundError:
        # Somebody has emptied the cache by hand.
        make_private(path.parent)
        return try_lock(path, shared=shared)
