"""Sets stages: projects and files read for previews, and remembered while nothing that they are made of changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from protocol.commands.preview.shared import PictureMedia
from protocol.commands.shared import ProjectRef
from sidecar.core.spans import Timed
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.access import ReadAccess
from sidecar.services.preview.breakage import NOTHING, Without
from sidecar.services.preview.reading import Reader, changed, identity
from sidecar.services.preview.stage import Stage
from sidecar.services.projects import ProjectService
from sidecar.services.projects.refs import check_ref

__all__ = ["Stages", "Without"]

REMEMBERED = 8

Forget = Callable[[Path], None]


@dataclass(frozen=True, slots=True, eq=False)
class _The:
    """A thing as itself, whatever it is equal to."""

    thing: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _The) and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)


class _Setting:
    """A stage that is being set: several may wait for it, and none takes it from the others by leaving."""

    def __init__(self) -> None:
        self.done = trio.Event()
        self.found: Stage | None = None
        self.error: Exception | None = None


class Stages:
    """Sets stages, and remembers the last ones.

    Setting one is never given up because those who asked have left: the next request will want it too.
    """

    def __init__(
        self,
        projects: ProjectService,
        reader: Reader,
        toolchain: Callable[[], Toolchain],
        tasks: trio.Nursery,
        forget: Forget,
    ) -> None:
        self._projects = projects
        self._reader = reader
        self._toolchain = toolchain
        self._tasks = tasks
        self._forget = forget
        self._known: OrderedDict[Hashable, Stage] = OrderedDict()
        self._being_set: dict[Hashable, _Setting] = {}

    async def of_project(
        self, ref: ProjectRef, read: ReadAccess, *, without: Without = NOTHING, media: PictureMedia = "original"
    ) -> Stage:
        """Set a stage with a project as it is now, its files as they are now.

        Raises what ProjectService.resolve_ref does, and FfmpegNotFound. What is wrong with the project is in
        `Stage.broken`. With `media` "proxy" clips play small versions of large files, where there are some.
        """
        with Timed("plan"):
            check_ref(ref)
            if ref.id is not None:
                view = await self._projects.resolve_ref(ref)
                # By the content itself: an id that was closed and opened anew begins again at revision 1.
                key: Hashable = (ref.id, view.revision, _The(view.content))
                setting = partial(self._reader.of_view, view, read, without, media)
            else:
                key = await trio.to_thread.run_sync(identity, ref)
                setting = partial(self._of_text, ref, read, without, media)
            return await self._get((key, read, without, media), setting)

    async def of_file(self, path: Path, read: ReadAccess, *, shown: str) -> Stage:
        """Set a stage with one clip that plays a whole file, at its own size and rate; `path` is one that may be read.

        Raises the errors of media, MediaUnsupported for a file without a picture, and FfmpegNotFound.
        """
        return await self._get(("file", path, read), partial(self._reader.of_file, path, read, shown))

    def same(self, stage: Stage) -> bool:
        """Whether the files of a stage are still those that it was read from. Looks at files; may be called in a thread."""
        return not changed(stage.watched)

    async def _of_text(
        self, ref: ProjectRef, read: ReadAccess, without: Without, media: PictureMedia, ffmpeg: str
    ) -> Stage:
        return await self._reader.of_view(await self._projects.resolve_ref(ref), read, without, media, ffmpeg)

    async def _get(self, key: Hashable, read: Callable[[str], Awaitable[Stage]]) -> Stage:
        older = self._being_set.get(key)
        if older is not None:
            # It may have read files that changed before this request came: what it finds is looked at like any other.
            await older.done.wait()
        known = self._known.get(key)
        ffmpeg, gone = await trio.to_thread.run_sync(self._look, known)
        if known is not None and known.ffmpeg == ffmpeg and not gone and not await self._reader.more(known):
            if key in self._known:
                self._known.move_to_end(key)
            return known
        latest = self._known.get(key)
        if latest is not None and latest is not known:
            # Set by somebody else in the meantime.
            return latest
        for path in gone:
            self._forget(path)
        setting = self._being_set.get(key)
        if setting is None:
            setting = self._being_set[key] = _Setting()
            self._tasks.start_soon(self._set, key, setting, read, ffmpeg)
        await setting.done.wait()
        if setting.found is None:
            raise setting.error or AssertionError("a stage was neither set nor refused")
        return setting.found

    def _look(self, known: Stage | None) -> tuple[str, list[Path]]:
        return self._toolchain().version, [] if known is None else changed(known.watched)

    async def _set(
        self,
        key: Hashable,
        setting: _Setting,
        read: Callable[[str], Awaitable[Stage]],
        ffmpeg: str,
    ) -> None:
        try:
            setting.found = self._known[key] = await read(ffmpeg)
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        except Exception as error:  # noqa: BLE001 - raised where it was asked for, and ends nothing else
            setting.error = error
        finally:
            del self._being_set[key]
            setting.done.set()
