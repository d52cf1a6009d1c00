"""Reads the files of open projects when nobody waits for anything else, and tells of each what becomes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trio

from protocol.commands.media import MediaInfo
from protocol.commands.project_media import MediaChanged
from protocol.errors import Internal, MediaNotFound, SidecarError
from sidecar.services.bin.entries import Entry, entries_of, path_text
from sidecar.services.bin.followed import GONE, Followed, Seen
from sidecar.services.events import EventHub
from sidecar.services.logs import Log
from sidecar.services.media.known import stamp_of
from sidecar.services.media.service import MediaService
from sidecar.services.media.survey import Found
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import CheckRead

TOPIC = "media.changed"

POLL_SECONDS = 2.0
"""Between two looks at the files of open projects, at least: looking may take a fiftieth of the time."""

POLL_SHARE = 50

FEW = 5
"""Files in sight that a reader asks for at a time: with as many as the others, one reader would be left with more."""

TOGETHER = 8
"""Files that a reader asks for at a time: few enough that what comes into sight waits for moments."""

EDIT_SECONDS = 0.1
"""Between two looks at what edits have changed."""


@dataclass(frozen=True, slots=True)
class _Open:
    view: ProjectView
    check_read: CheckRead


class BinService:
    """The files of open projects.

    They are read once somebody listens to media.changed or has asked for the project's media, and looked at again
    every few seconds. Opened by `open_bin_service`; all methods belong to the trio thread.
    """

    def __init__(self, media: MediaService, events: EventHub, log: Log, readers: int) -> None:
        self._media = media
        self._log = log
        self._readers = readers
        self._events = events
        self._open: dict[str, _Open] = {}
        self._visible: dict[str, tuple[str, ...]] = {}
        self._projects: dict[str, Followed] = {}
        self._seen: dict[Path, Seen] = {}
        self._stale: set[Path] = set()
        self._queue: deque[Path] = deque()
        self._in_sight: frozenset[Path] = frozenset()
        self._listening = False
        self._edited = trio.Event()
        self._more = trio.Event()

    def follow(self, project_id: str, view: ProjectView, check_read: CheckRead) -> None:
        """Take note of an open project as it is now; of its files only those are read that `check_read` allows."""
        self._open[project_id] = _Open(view, check_read)
        self._edited.set()

    def forget(self, project_id: str) -> None:
        """Leave a project alone, and files that no other uses."""
        self._open.pop(project_id, None)
        self._visible.pop(project_id, None)
        self._edited.set()
        if self._projects.pop(project_id, None) is not None:
            self._tidy()
            self._enqueue()

    async def ask(
        self, project_id: str, visible: Sequence[str] | None, check_read: CheckRead
    ) -> tuple[Entry, ...] | None:
        """Have the files of an open project read, the `visible` ones first (None: as before).

        Returns all its files as `check_read` allows them; None when it is not followed.
        """
        if project_id not in self._open:
            return None
        if visible is not None or project_id not in self._visible:
            self._visible[project_id] = tuple(visible or ())
        followed = await self._catch_up(project_id)
        now = self._open.get(project_id)
        if followed is None or now is None:
            return None
        self._projects[project_id] = Followed(followed.content, followed.entries, self._visible[project_id])
        self._enqueue()
        if now.check_read == check_read:
            return followed.entries
        return await trio.to_thread.run_sync(entries_of, now.view.project, now.view.base, check_read)

    async def look(self, files: Iterable[Path]) -> dict[Path, Seen]:
        """Look at files now, without reading any, and return what is known of each."""
        looked = list(dict.fromkeys(files))
        await self._notice(looked)
        stamps = await trio.to_thread.run_sync(lambda: {path: stamp_of(path) for path in looked})
        found = {}
        for path in looked:
            seen = self._seen.get(path)
            if seen is None:
                info = self._media.known_info(path)
                seen = Seen("unknown" if info is None else "ready", stamps[path], info)
                if stamps[path] == GONE:
                    seen = _missing(path, None)
            found[path] = seen
        return found

    def waiting(self, files: Iterable[Path]) -> int:
        """Return how many of some files are being read or still to be."""
        queued = set(self._queue)
        return sum(
            (path in queued and self._wants(path)) or ((seen := self._seen.get(path)) is not None and seen.busy)
            for path in files
        )

    def remembered(self, project_id: str) -> dict[str, str]:
        """Return the fingerprints of a project's files, by the paths that it writes, as they were last read."""
        followed = self._projects.get(project_id)
        found = {}
        for path, entries in followed.files.items() if followed is not None else ():
            seen = self._seen.get(path)
            if seen is not None and (content := seen.content) is not None:
                found.update({entry.path: content for entry in entries})
        return found

    async def read(self) -> None:
        """Read files as they come, some at a time. Runs until cancelled; several do at once."""
        while True:
            while self._queue:
                paths: list[Path] = []
                together = FEW if self._queue[0] in self._in_sight else TOGETHER
                while self._queue and len(paths) < together:
                    path = self._queue.popleft()
                    if self._wants(path):
                        paths.append(path)
                if paths:
                    await self._read(paths)
            if self._more.is_set():
                self._more = trio.Event()
            await self._more.wait()

    async def keep_up(self) -> None:
        """Follow the edits of projects whose files somebody wants to know of. Runs until cancelled."""
        while True:
            await self._edited.wait()
            self._edited = trio.Event()
            self._listening = self._events.wanted(TOPIC)
            wanted = [name for name in self._open if self._listening or name in self._visible]
            # Starting a worker takes longer than most probes.
            try:
                await self._media.pool.keep(self._readers if wanted else 0)
            except SidecarError as error:
                # Whoever needs one later has it started then, or is told why not.
                self._log.logger.warning("workers could not be started ahead", detail=error.message)
            for project_id in wanted:
                await self._catch_up(project_id)
            # While somebody drags, not every step of it is looked at.
            await trio.sleep(EDIT_SECONDS)

    async def _catch_up(self, project_id: str) -> Followed | None:
        """Return what is known of a project as it is now; None when it is not open any more."""
        while (now := self._open.get(project_id)) is not None:
            old = self._projects.get(project_id)
            if old is not None and old.content is now.view.content:
                return old
            entries = await trio.to_thread.run_sync(entries_of, now.view.project, now.view.base, now.check_read)
            if self._open.get(project_id) is not None:
                visible = self._visible.get(project_id, ())
                self._projects[project_id] = Followed(now.view.content, entries, visible)
                self._tidy()
                self._enqueue()
        return None

    async def watch(self) -> None:
        """Look at all files again and again. Runs until cancelled."""
        pause = POLL_SECONDS
        while True:
            await trio.sleep(pause)
            if self._listening != self._events.wanted(TOPIC):
                self._edited.set()
            began = trio.current_time()
            await self._notice(list(self._seen))
            pause = max(POLL_SECONDS, POLL_SHARE * (trio.current_time() - began))

    def _wants(self, path: Path) -> bool:
        return path not in self._seen or path in self._stale

    def _enqueue(self) -> None:
        """Put all that is to be read in the order in which it is wanted."""
        listening = self._events.wanted(TOPIC)
        orders = [list(each.files) for name, each in self._projects.items() if listening or name in self._visible]
        queue: dict[Path, None] = {}
        # In turns: a large project must not keep a small one waiting.
        for place in range(max(map(len, orders), default=0)):
            queue.update((order[place], None) for order in orders if place < len(order) and self._wants(order[place]))
        self._queue = deque(queue)
        self._in_sight = frozenset().union(*(each.in_sight for each in self._projects.values()))
        if self._queue:
            self._more.set()

    def _tidy(self) -> None:
        """Forget files that no project uses any more."""
        used = {path for followed in self._projects.values() for path in followed.files}
        self._seen = {path: seen for path, seen in self._seen.items() if path in used}
        self._stale &= used

    async def _read(self, paths: Sequence[Path]) -> None:
        before = {path: old for path in paths if (old := self._seen.get(path)) is not None}
        for path in paths:
            self._stale.discard(path)
            old = before.get(path)
            self._tell(path, Seen("probing", old.stamp if old else GONE, content=old.content if old else None))
        left = set(paths)

        def tell(path: Path, found: Found) -> None:
            left.discard(path)
            self._tell(path, self._judge(path, found))

        try:
            await self._media.survey(paths, tell)
        except Exception as error:
            self._log.logger.exception("files of a project could not be read", files=len(left))
            reason = error if isinstance(error, SidecarError) else Internal()
            for path in left:
                self._tell(path, Seen("failed", stamp_of(path), error=reason))

    def _judge(self, path: Path, found: Found) -> Seen:
        if isinstance(found, MediaInfo):
            size, time, _ = found.fingerprint.split("-", 2)
            info = msgspec.structs.replace(found, path=path_text(path))
            return Seen("ready", (int(size), int(time)), info, content=found.fingerprint)
        if isinstance(found, MediaNotFound):
            seen = self._seen.get(path)
            return _missing(path, seen.content if seen else None)
        return Seen("failed", stamp_of(path), error=found)

    async def _notice(self, files: Sequence[Path]) -> None:
        """Look whether files have changed, gone or come back, and have those read again that are there."""
        known = {path: seen for path in files if (seen := self._seen.get(path)) is not None and not seen.busy}
        stamps = await trio.to_thread.run_sync(lambda: {path: stamp_of(path) for path in known})
        for path, stamp in stamps.items():
            seen = known[path]
            if stamp == seen.stamp or self._seen.get(path) is not seen:
                continue
            if stamp == GONE:
                self._stale.discard(path)
                self._tell(path, _missing(path, seen.content))
            else:
                self._stale.add(path)
                self._tell(path, Seen("changed", stamp, content=seen.content))
        if self._stale:
            self._enqueue()

    def _tell(self, path: Path, seen: Seen) -> None:
        """Take note of what a file is now, and tell those who listen, of each project that uses it."""
        users = [(name, each.files[path]) for name, each in self._projects.items() if path in each.files]
        if users:
            self._seen[path] = seen
        else:
            self._seen.pop(path, None)
        if not self._events.wanted(TOPIC):
            return
        for name, entries in users:
            payload = MediaChanged(
                path=path_text(path),
                state=seen.state_for(entries),
                info=seen.info,
                error=None if seen.error is None else seen.error.data(""),
                project_id=name,
                ids=[entry.id for entry in entries if entry.id is not None],
            )
            self._events.publish(TOPIC, payload, project_id=name, path=path)


def _missing(path: Path, content: str | None) -> Seen:
    return Seen("missing", GONE, error=MediaNotFound(path=path_text(path)), content=content)


@asynccontextmanager
async def open_bin_service(
    media: MediaService, events: EventHub, log: Log, *, readers: int
) -> AsyncIterator[BinService]:
    """Open the service; `readers` files are read at a time."""
    service = BinService(media, events, log, readers)
    async with trio.open_nursery() as nursery:
        for _ in range(readers):
            nursery.start_soon(service.read)
        nursery.start_soon(service.keep_up)
        nursery.start_soon(service.watch)
        try:
            yield service
        finally:
            nursery.cancel_scope.cancel()
