"""The cache's files for tasks: found, published and made by key, in threads of their own number."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import trio

from protocol.errors import Timeout
from sidecar.core.spans import Timed
from sidecar.services.cache.counters import Cause, Counters
from sidecar.services.cache.coverage import Coverage
from sidecar.services.cache.finding import find
from sidecar.services.cache.flights import Flights, Pauses, Turn, Unpaused
from sidecar.services.cache.head import Head, Labels
from sidecar.services.cache.index import Index, Total
from sidecar.services.cache.instance import claim_instance
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Address, Layout, check_address
from sidecar.services.cache.limits import CacheLimits, Cleared, Freed
from sidecar.services.cache.lock import LONGEST_WAIT, CacheBusyError
from sidecar.services.cache.loose import Loose
from sidecar.services.cache.owned import Owned
from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.projects import ProjectNote, read_notes, write_note
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.removal import clear, hold_limits, remove
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.session import Sessions, Step
from sidecar.services.cache.settle import discard
from sidecar.services.cache.statistics import Stats, statistics
from sidecar.services.cache.tier import FAILURES, Report, Tier
from sidecar.services.cache.verifying import Verified, verify
from sidecar.services.files import write_error

Produce = Callable[[Path], Awaitable[Mapping[str, Any]]]
Result = TypeVar("Result")

THREADS = 8
LONGEST_MAKING = 600.0
"""Seconds to wait for another sidecar that makes the same, before making it too."""


class CacheStore:
    """Files by kind and key (64 hexadecimal digits; ValueError for others), shared by all sidecars of a cache folder.

    A cache that cannot be used (a full disk, folders without permission, another sidecar that is stopped while it
    holds the lock) finds nothing and keeps nothing; it never breaks the work. Cancelling a method leaves the cache as
    it was or as it would have been, and no pin. Opened by `open_cache_store`.
    """

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._flights = Flights()
        self._loose: dict[Address, Loose] = {}
        self._limiter = trio.CapacityLimiter(THREADS)
        self._noted: dict[str, tuple[str, str | None]] = {}
        self.coverage = Coverage()

    @property
    def scratch(self) -> Path:
        """This instance's folder on the cache's file system: what is made here is published by renaming it."""
        return self._tier.instance.scratch

    async def find(
        self,
        kind: Kind,
        key: str,
        *,
        owners: Sequence[str] = (),
        sources: Sequence[str] = (),
        counted: bool = True,
    ) -> Pinned | None:
        """Return an entry whose file is, byte for byte, what was published, or None.

        The file is read through each time. A damaged one is removed and counts as missing. `owners` (ids of projects)
        and `sources` (`source_id` of files) are added to the entry's. `counted=False`: to deliver what has been counted
        as found.
        """
        check_address(kind, key)
        labels = Labels(tuple(owners), tuple(sources))
        head = await self._run(partial(find, self._tier, kind, key, labels, counted=counted))
        return None if head is None else self._pinned(head)

    async def publish(
        self,
        kind: Kind,
        key: str,
        made: Path,
        *,
        meta: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
        owners: Sequence[str] = (),
        sources: Sequence[str] = (),
    ) -> Pinned | None:
        """Take a finished file over, by renaming it where it lies on the cache's file system (as `scratch` does).

        `meta` is JSON, `seconds` what it took to make, `owners` are ids of projects, `sources` the files that it was
        made from (`source_id`). What is least recently used and in nobody's use goes first to make room: the limits
        hold at every instant. None when it cannot be kept (limits, a full disk): the file then stays where it is. When
        the key is there already, that entry is returned and `made` is removed. Raises FileNotFoundError when there is
        no file `made`.
        """
        check_address(kind, key)
        head = Head(kind, key, 0, 0, 0.0, seconds, dict(meta or {}), tuple(owners), tuple(sources))
        with Timed("publish"):
            stored = await self._run(partial(publish, self._tier, head, made))
        return None if stored is None else self._pinned(stored)

    async def make(
        self,
        kind: Kind,
        key: str,
        produce: Produce,
        *,
        owners: Sequence[str] = (),
        sources: Sequence[str] = (),
        suffix: str = "",
        wait: float = LONGEST_MAKING,
        folder: Path | None = None,
        pauses: Pauses | None = None,
    ) -> Pinned:
        """Return an entry, made by `produce` when it is missing; one at a time makes a key, the others wait for it.

        `produce` writes the file it is given (its name ends in `suffix`, for those who go by names) and returns its
        `meta`. It is made in `folder`, or in `scratch` where none is named. What it raises is raised here, and the
        next who waits tries. What the cache cannot keep is returned all the same, with `Pinned.stored` False; it
        stays where it was made for as long as it is used. Another sidecar that makes the key is waited for up to
        `wait` seconds, and no longer than it lives. While `pauses` tell the maker to stand still nobody waits for it:
        others make the key, and what it makes itself afterwards counts only where they did not.
        """
        check_address(kind, key)
        labels, path = Labels(tuple(owners), tuple(sources)), self._tier.layout.making(kind, key)
        pauses, counted = pauses or Unpaused(), True
        while True:
            await pauses.going()
            async with self._flights.turn((kind, key), path, pauses) as turn:
                if (loose := self._loose.get((kind, key))) is not None:
                    return loose.pinned()
                found = await self.find(kind, key, owners=owners, sources=sources, counted=counted)
                if found is not None:
                    return found
                counted = False
                await turn.on_machine(wait)
                # Another sidecar may have made it meanwhile; the miss has been counted.
                again = partial(find, self._tier, kind, key, labels, counted=False)
                if (head := await self._run(again)) is not None:
                    return self._pinned(head)
                if turn.unbroken:
                    made = (folder or self.scratch) / f"{secrets.token_hex(8)}{suffix}"
                    return await self._made((kind, key), produce, labels, made, turn)

    async def known(self, kind: Kind, keys: Sequence[str]) -> frozenset[str]:
        """Return those of the keys that the index holds: cheap, for plans; no file is read."""
        check_address(kind, "0" * 64)
        return await self._run(lambda step: self._read(lambda index: index.known(kind, keys), step, frozenset()))

    async def costs(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, tuple[int, float]]:
        """Return the bytes of those of the keys that the index holds, and the seconds they took to make; as `known`."""
        check_address(kind, "0" * 64)
        return await self._run(lambda step: self._read(lambda index: index.costs(kind, keys), step, {}))

    async def remove(self, kind: Kind, key: str, *, cause: Cause = "stale") -> bool:
        """Remove an entry that is of no more use; False when there is none or somebody uses it."""
        check_address(kind, key)
        return await self._run(partial(remove, self._tier, (kind, key), cause))

    async def clear(self, what: Selection, *, dry_run: bool = False) -> Cleared:
        """Remove entries, or only say which; what is in use stays, and what other projects own too stays theirs.

        Cancelled, what was removed is gone.
        """
        return await self._run(partial(clear, self._tier, what, dry_run=dry_run))

    async def select(self, what: Selection) -> Sequence[Address]:
        """Return which entries there are."""
        return await self._run(lambda step: self._read(lambda index: index.select(what), step, ()))

    async def owned(self, owner: str | None = None) -> Mapping[str, Owned]:
        """Return what there is for each project, or for one, by their ids."""
        return await self._run(lambda step: self._read(lambda index: index.owned(owner), step, {}))

    async def totals(self, what: Selection | None = None) -> Mapping[Kind, Total]:
        """Return how much there is of each kind, which is cheap, or of what is meant."""
        return await self._run(
            lambda step: self._read(lambda index: index.totals() if what is None else index.sums(what), step, {})
        )

    async def verify(self, addresses: Sequence[Address], *, remove: bool = True) -> Verified:
        """Read some of the entries through, from the first on; damaged ones are removed if they shall.

        Returns after some MiB, to be called again for the rest. Raises DiskFull, OutputUnwritable and Timeout when the
        cache cannot be used.
        """
        try:
            return await self._run(partial(verify, self._tier, addresses, remove))
        except OSError as error:
            raise write_error(self._tier.layout.root, error) from error
        except CacheBusyError as error:
            raise Timeout(operation="The cache's lock", seconds=LONGEST_WAIT) from error

    async def note_project(self, project_id: str, name: str, path: str | None) -> None:
        """Remember what a project that entries are for is called, and where it lies."""
        if self._noted.get(project_id) == (name, path):
            return
        try:
            await trio.to_thread.run_sync(write_note, self._tier.layout, project_id, name, path, limiter=self._limiter)
        except OSError as error:
            self._tier.report("a project could not be noted in the cache", error)
        self._noted[project_id] = name, path

    async def projects(self) -> Mapping[str, ProjectNote]:
        """Return what is remembered of projects, by their ids."""
        return await trio.to_thread.run_sync(read_notes, self._tier.layout, limiter=self._limiter)

    async def hold_limits(self) -> Freed:
        """Evict what the limits, which may have changed, do not allow; what is in use stays."""
        return await self._run(partial(hold_limits, self._tier))

    async def stats(self) -> Stats:
        """Return what is there by kind, and what this instance has counted."""
        return await self._run(partial(statistics, self._tier))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the instance's folder back; its pins end. Blocks for moments."""
        self._tier.sessions.close()
        self._tier.instance.close()

    def _read(self, work: Callable[[Index], Result], step: Step, otherwise: Result) -> Result:
        try:
            return self._tier.sessions.unlocked(work, step)
        except FAILURES as error:
            self._tier.report("the cache could not be read", error)
            return otherwise

    def _pinned(self, head: Head) -> Pinned:
        address = (head.kind, head.key)
        return Pinned(
            self._tier.layout.object(*address), head.meta, head.bytes, partial(self._tier.instance.unpin, address)
        )

    async def _made(self, address: Address, produce: Produce, labels: Labels, path: Path, turn: Turn) -> Pinned:
        kind, key = address
        try:
            started = time.monotonic()
            meta = await produce(path)
            seconds = max(0.0, time.monotonic() - started - turn.stood)
            stored = await self.publish(
                kind, key, path, meta=meta, seconds=seconds, owners=labels.owners, sources=labels.sources
            )
            size = 0 if stored is not None else (await trio.to_thread.run_sync(path.stat)).st_size
        except BaseException:
            discard(path)
            raise
        if stored is not None:
            return stored
        if (other := self._loose.get((kind, key))) is not None:
            # Who was lent the turn could not have it kept either.
            discard(path)
            return other.pinned()
        loose = Loose(path, meta, size, partial(self._loose.pop, (kind, key)))
        self._loose[kind, key] = loose
        return loose.pinned()

    async def _run(self, work: Callable[[Callable[[], None]], Result]) -> Result:
        """Run `work` in a thread; what it waits or reads for long ends when the task is cancelled."""
        return await trio.to_thread.run_sync(work, trio.from_thread.check_cancelled, limiter=self._limiter)


def open_cache_store(
    root: Path,
    *,
    instance_id: str,
    limits: Callable[[], CacheLimits],
    report: Report = lambda _what, _error: None,
    counters: Counters | None = None,
) -> CacheStore:
    """Open the cache of a folder for one instance, which closes it. Its index is read when it is first needed.

    `limits` are asked for at each publication; `report` is told on any thread of what failed; `counters` are those of
    the memory tier, so that both are counted together.
    Raises DiskFull or OutputUnwritable when the folder cannot be had.
    """
    layout = Layout(root)
    try:
        instance = claim_instance(layout, instance_id)
    except OSError as error:
        raise write_error(root, error) from error
    sessions = Sessions(layout, instance.prepare)
    return CacheStore(Tier(layout, instance, sessions, limits, report, counters or Counters()))
