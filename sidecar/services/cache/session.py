"""Access to the cache's index under its lock, through loss and damage of the index."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sidecar.services.cache.index import Index
from sidecar.services.cache.instance import sweep
from sidecar.services.cache.layout import Address, Layout
from sidecar.services.cache.lock import CacheBusyError, cache_lock
from sidecar.services.cache.opening import is_busy, is_full, open_index, rebuild_index
from sidecar.services.cache.settle import settle

Result = TypeVar("Result")
Step = Callable[[], None]

ATTEMPTS = 4
FLUSH_SECONDS = 5.0
FLUSH_USES = 256


class Sessions:
    """Runs functions of the index under the cache's lock. All methods block; they may be called from any thread.

    An index that turns out to be damaged is rebuilt from the files, and the function runs again. Raises
    CacheBusyError when others hold the cache for too long, OSError when the disk is full or the folder unusable.
    `prepare` makes the instance's own folders again when somebody has emptied the cache by hand.
    """

    def __init__(self, layout: Layout, prepare: Callable[[], None]) -> None:
        self._layout = layout
        self._prepare = prepare
        self._index: Index | None = None
        self._retired: list[Index] = []
        self._uses: dict[Address, float] = {}
        self._flushed = time.monotonic()
        self._mutex = threading.Lock()

    def shared(self, work: Callable[[Index], Result], step: Step) -> Result:
        """Run `work`, which pins or reads, while nobody evicts."""
        return self._run(work, step, shared=True)

    def exclusive(self, work: Callable[[Index], Result], step: Step) -> Result:
        """Run `work`, which changes what there is, while nobody else does; last uses are noted first."""

        def flushed(index: Index) -> Result:
            self._flush(index)
            return work(index)

        return self._run(flushed, step, shared=False)

    def unlocked(self, work: Callable[[Index], Result], step: Step) -> Result:
        """Run `work`, which only reads the index."""
        return self._guarded(lambda: work(self._current(step)), step)

    def used(self, address: Address, step: Step) -> None:
        """Note a use: in memory, and in the index with the next change or when there are many or old ones."""
        with self._mutex:
            self._uses[address] = time.time()
            due = len(self._uses) >= FLUSH_USES or time.monotonic() - self._flushed > FLUSH_SECONDS
        if due:
            self.unlocked(self._flush, step)

    def close(self) -> None:
        """Note the last uses and close the index."""
        index = self._index
        if index is not None:
            with suppress(sqlite3.Error):
                self._flush(index)
        for each in (*self._retired, index):
            if each is not None:
                each.close()
        self._index = None

    def _run(self, work: Callable[[Index], Result], step: Step, *, shared: bool) -> Result:
        def locked() -> Result:
            while True:
                index = self._current(step)
                with cache_lock(self._layout.lock, shared=shared, step=step):
                    # Another sidecar may have replaced it while we waited.
                    if index.is_current():
                        return work(index)

        return self._guarded(locked, step)

    def _guarded(self, work: Callable[[], Result], step: Step) -> Result:
        attempt = 0
        while True:
            attempt += 1
            index = self._index
            try:
                return work()
            except sqlite3.Error as error:
                if is_busy(error):
                    raise CacheBusyError(str(error)) from error
                if is_full(error):
                    raise OSError(errno.ENOSPC, str(error), str(self._layout.index)) from error
                if attempt == ATTEMPTS:
                    raise OSError(errno.EIO, str(error), str(self._layout.index)) from error
            if index is not None:
                self._drop(index, step)

    def _current(self, step: Step) -> Index:
        """Return the index, opened or rebuilt first if need be."""
        while (index := self._index) is None or not index.is_current():
            with cache_lock(self._layout.lock, shared=False, step=step):
                if self._index is index:
                    self._open()
        return index

    def _open(self) -> None:
        """Open the index, with the lock held exclusively. What has died since is swept, what differs is settled."""
        first = self._index is None
        self._prepare()
        if first:
            sweep(self._layout)
        index = open_index(self._layout)
        if index is None:
            index = rebuild_index(self._layout)
        elif first:
            settle(self._layout, index)
        if self._index is not None:
            # Other threads may be about to use it; closed under their hands it would fail once more.
            self._retired.append(self._index)
        self._index = index

    def _drop(self, index: Index, step: Step) -> None:
        """Remove the file of a damaged index, unless that has been done: the next to need it makes another."""
        with cache_lock(self._layout.lock, shared=False, step=step):
            if index.is_current():
                index.path.unlink(missing_ok=True)

    def _flush(self, index: Index) -> None:
        with self._mutex:
            uses, self._uses = self._uses, {}
            self._flushed = time.monotonic()
        if not uses:
            return
        for address, used in uses.items():
            # The time of its head stands for it when the index is lost.
            with suppress(OSError):
                os.utime(self._layout.head(*address), (used, used))
        try:
            index.touch(uses)
        except sqlite3.OperationalError as error:
            # On a full disk order may suffer; what the caller is about, such as making room, may not.
            if not is_full(error):
                raise
