"""One instance's part of the cache folder: files in the making and pins, gone with the instance however it ends."""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.layout import Address, Layout, is_key
from sidecar.services.files import make_private
from sidecar.services.locks import FileLock, try_lock


@dataclass(slots=True)
class Instance:
    """The folder of a living instance. Its pins are empty files named after entries, so that others see them."""

    folder: Path
    lock: FileLock
    _counts: dict[Address, int] = field(default_factory=dict)
    _returned: deque[Address] = field(default_factory=deque)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @property
    def pins(self) -> Path:
        return self.folder / "pins"

    def prepare(self) -> None:
        """Make the folders that are missing."""
        for each in (self.scratch, self.pins):
            make_private(each)

    def pin(self, address: Address) -> None:
        """Keep an entry from eviction; the caller holds the cache's lock, so that nobody evicts it meanwhile."""
        with self._mutex:
            count = self._counts.get(address, 0)
            if count == 0:
                (self.pins / "-".join(address)).touch(mode=0o600)
            self._counts[address] = count + 1
        self._take_back()

    def unpin(self, address: Address) -> None:
        """Take one pin back. Should its file not go, the entry stays pinned as long as this instance lives.

        Waits for nobody: the garbage collector calls it too, perhaps in the midst of `pin`, in the same thread. Then
        whoever is in the midst takes it back.
        """
        self._returned.append(address)
        self._take_back()

    def _take_back(self) -> None:
        # Asked once more after the mutex is free: what was given back just before would wait for the next.
        while self._returned and self._mutex.acquire(blocking=False):
            try:
                while self._returned:
                    self._unpin(self._returned.popleft())
            finally:
                self._mutex.release()

    def _unpin(self, address: Address) -> None:
        self._counts[address] -= 1
        if self._counts[address] == 0:
            del self._counts[address]
            with suppress(OSError):
                (self.pins / "-".join(address)).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder and give the lock back."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.release(remove=True)


def claim_instance(layout: Layout, name: str) -> Instance:
    """Make an instance's folder and lock it; it gets another name when its own is taken."""
    make_private(layout.live)
    attempt = 1
    folder = layout.live / name
    while (lock := try_lock(Path(f"{folder}.lock"))) is None:
        attempt += 1
        folder = layout.live / f"{name}-{attempt}"
    # The lock comes first: whoever sweeps dead instances leaves this folder alone from here on.
    shutil.rmtree(folder, ignore_errors=True)
    instance = Instance(folder, lock)
    instance.prepare()
    make_private(layout.makings)
    return instance


def sweep(layout: Layout) -> None:
    """Remove the folders of instances that are gone, and locks of what nobody makes any more."""
    for path in sorted(layout.live.glob("*.lock")):
        _sweep_one(path, path.with_suffix(""))
    for path in layout.makings.glob("*.lock"):
        _sweep_one(path, None)


def _sweep_one(path: Path, folder: Path | None) -> None:
    # Another may sweep it at the same time, or it is another user's.
    with suppress(OSError):
        lock = try_lock(path)
        if lock is not None:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            lock.release(remove=True)


def pinned(layout: Layout) -> frozenset[Address]:
    """Return what living instances have pinned. Call it after `sweep`, with the cache's lock held exclusively."""
    return frozenset(_pins(layout.live))


def _pins(live: Path) -> Iterator[Address]:
    for folder in live.glob("*/pins"):
        with suppress(FileNotFoundError):
            for marker in folder.iterdir():
                kind = _kind_of(marker.name)
                key = marker.name.partition("-")[2]
                if kind is not None and is_key(key):
                    yield kind, key


def _kind_of(name: str) -> Kind | None:
    return next((kind for kind in KINDS if name.startswith(f"{kind}-")), None)
