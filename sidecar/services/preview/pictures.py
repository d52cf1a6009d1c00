"""Pictures of stages: looked up by what decides their pixels, composed where they are not kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import trio

from protocol.commands.shared import Resource
from protocol.errors import ResourceLimit, SourceChanged
from sidecar.ffmpeg.builder.preview import Fed, preview_key
from sidecar.services.cache.kinds import Kind
from sidecar.services.places import Places
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.stage import Stage
from sidecar.services.resources import Resources

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier

KIND: Kind = "frames"

MOST_KEYS = 8_192
"""Keys that a stage remembers: about 3 MiB, and more pictures than the memory tier usually holds."""

CONTENT_TYPES = {"jpeg": "image/jpeg", "webp": "image/webp", "png": "image/png"}

Format = Literal["jpeg", "webp", "png"]
Origin = Literal["cache", "pipeline", "cold"]


@dataclass(frozen=True, slots=True)
class Look:
    """In what size and form pictures are wanted."""

    size: tuple[int, int]
    image: tuple[Format, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, the key under which the memory tier keeps it, and where it came from."""

    data: bytes
    key: str
    origin: Origin


class Pictures:
    """Gives pictures one at a time.

    A picture has the key of what it is composed of, relative in time, so that one that is the same after an edit
    elsewhere is found again; one that a pipeline made on its way has that of its bytes. A stage remembers both.
    """

    def __init__(self, composer: Composer, memory: Callable[[], MemoryTier], same: Callable[[Stage], bool]) -> None:
        self._composer = composer
        self._memory = memory
        self._same = same
        self._places = Places[str]()

    def kept(self, stage: Stage, frame: int, look: Look) -> Picture | None:
        """Return a picture that this stage has given before, if it is still kept."""
        key = stage.keys.get((frame, look))
        held = None if key is None else self._memory().get(KIND, key, miss=False)
        return None if held is None or key is None else Picture(held.value, key, "cache")

    def keep(self, stage: Stage, frame: int, look: Look, data: bytes, *, seconds: float, scan: bool = False) -> Picture:
        """Keep a picture by its bytes."""
        key = blake2b(data, digest_size=32).hexdigest()
        self._put(stage, key, data, seconds=seconds, scan=scan)
        _remember(stage, frame, look, key)
        return Picture(data, key, "pipeline")

    async def picture(self, stage: Stage, frame: int, look: Look, *, scan: bool = False) -> Picture:
        """Return a picture, composed by an FFmpeg of its own if it is not kept.

        Raises the error of a clip on it that cannot be played, the errors of Composer.frames, SourceChanged, and
        ResourceLimit for a picture that is larger than the memory tier. `scan` as the memory tier has it.
        """
        kept = self.kept(stage, frame, look)
        if kept is not None:
            return kept
        stage.check((frame, frame + 1))
        fed, key = await trio.to_thread.run_sync(partial(self._keyed, stage, frame, look))
        with self._places.of(key) as place:
            async with place:
                held = self._memory().get(KIND, key)
                if held is not None:
                    _remember(stage, frame, look, key)
                    return Picture(held.value, key, "cache")
                return await self._composed(stage, frame, look, fed, key, scan=scan)

    async def current(self, stage: Stage) -> None:
        """Raise SourceChanged if a file of a stage is no longer what it was read from."""
        if not await trio.to_thread.run_sync(self._same, stage):
            raise SourceChanged(path=next(iter(stage.fingerprints), ""), expected="", actual=None)

    async def _composed(self, stage: Stage, frame: int, look: Look, fed: Fed, key: str, *, scan: bool) -> Picture:
        started = perf_counter()
        window = frame, frame + 1
        async with self._composer.frames(stage, window, size=look.size, image=look.image, fed=fed) as frames:
            data = await anext(frames)
        # Only now is it known that what was decoded is what the key says.
        await self.current(stage)
        self._put(stage, key, data, seconds=perf_counter() - started, scan=scan)
        _remember(stage, frame, look, key)
        return Picture(data, key, "cold")

    def _keyed(self, stage: Stage, frame: int, look: Look) -> tuple[Fed, str]:
        fed = self._composer.compiled(stage, (frame, frame + 1), look.size, look.image)
        return fed, preview_key(fed, stage.fingerprints, stage.ffmpeg)

    def _put(self, stage: Stage, key: str, data: bytes, *, seconds: float, scan: bool) -> None:
        memory = self._memory()
        if not memory.put(KIND, key, data, seconds=seconds, owners=stage.owners, scan=scan):
            raise ResourceLimit(what="bytes of the memory cache", value=len(data), limit=memory.use().limit)


def look_of(stage: Stage, width: int | None, height: int | None, format_: Format, quality: int) -> Look:
    """Return what a request wants its pictures to be like."""
    return _one_of_its_kind(Look(stage.size(width, height), (format_, 0 if format_ == "png" else quality)))


@lru_cache(maxsize=64)
def _one_of_its_kind(look: Look) -> Look:
    """Return the first look of those that are equal: thousands of keys name it."""
    return look


def offered(resources: Resources, look: Look, picture: Picture) -> Resource:
    """Return where a picture is to be had."""
    wide, high = look.size
    kind = CONTENT_TYPES[look.image[0]]
    return resources.offer_entry(KIND, picture.key, kind, bytes=len(picture.data), width=wide, height=high)


def _remember(stage: Stage, frame: int, look: Look, key: str) -> None:
    keys = stage.keys
    keys[frame, look] = key
    keys.move_to_end((frame, look))
    if len(keys) > MOST_KEYS:
        keys.popitem(last=False)
