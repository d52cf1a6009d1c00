"""Makes proxies, or finds those that are there."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from protocol.commands.proxy import MediaProxy, Proxy
from protocol.errors import MediaUnreadable, MediaUnsupported, SidecarError, SourceChanged
from protocol.progress import Begin, End, Progress, Report
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.proxy import build_proxy, proxy_size
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.access import ReadAccess
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.selection import source_id
from sidecar.services.media.failing import Failing
from sidecar.services.media.proxy.camera import camera_files
from sidecar.services.media.proxy.match import WORTH, same_film, same_frames
from sidecar.services.media.service import MediaService
from sidecar.services.projects.world import CheckRead

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.resources import Resources

KIND: Kind = "proxies"
MADE = "1"
"""Raised whenever the same file begins to give another proxy."""

CONTENT_TYPE = "video/mp4"
CAMERA_TYPES = {".mov": "video/quicktime"}
"""Of a camera's files by suffix; all others are MP4, whatever they are called."""

AT_A_TIME = 1
"""Proxies that are made at a time: each takes every core."""

Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class StandIn:
    """A small file in place of a large one: its facts, and what keeps it in the cache. None: there is none.

    `key` is the one under which a proxy would be kept that is worth making.
    """

    facts: SourceFacts | None = None
    pinned: Pinned | None = None
    key: str | None = None


class ProxyService:
    """Finds and makes proxies; what is made is kept in the cache by the file's content and the height."""

    def __init__(
        self,
        media: MediaService,
        cache: Callable[[], CacheStore],
        resources: Callable[[], Resources],
        *,
        supervisor: Supervisor,
        toolchain: Callable[[], Toolchain],
        height: Callable[[], int],
        failing: Failing,
    ) -> None:
        self._media = media
        self._cache = cache
        self._resources = resources
        self._supervisor = supervisor
        self._toolchain = toolchain
        self._height = height
        self._failing = failing
        self._turns = trio.CapacityLimiter(AT_A_TIME)

    async def proxy(
        self, request: MediaProxy, path: Path, *, shown: str, read: ReadAccess, tell: Tell = lambda _: None
    ) -> Proxy:
        """Return the proxy of the file at an absolute path, `shown` in errors; made first where there is none.

        `read` says which of a camera's files may be looked at. Raises what MediaService.facts and `execute` do, and
        MediaUnreadable for a file whose frames cannot all be decoded. Cancelling ends FFmpeg and leaves nothing.
        """
        info = await self._media.probe(path, shown=shown)
        if request.video_stream >= len(info.video):
            raise MediaUnsupported(path=shown, detail=f"it has no picture stream {request.video_stream}")
        height = request.height or self._height()
        facts = await self._media.facts(path)
        video = facts.video[request.video_stream]
        if video.still:
            return _none("notNeeded", "still")
        if video.upright[1] <= WORTH * height:
            return _none("notNeeded", "small")
        if request.adopt and (found := await self._camera(facts, video, read)) is not None:
            return found
        if video.alpha:
            return _none("notNeeded", "alpha")
        key = _key(facts.fingerprint, request.video_stream, height, self._toolchain().version)
        fresh = False

        async def produce(target: Path) -> Mapping[str, Any]:
            nonlocal fresh
            fresh = True
            async with self._turns:
                with self._failing.noted(key, shown):
                    return await self._made(facts, video, height, target, shown=shown, tell=tell)

        cache, sources = self._cache(), (source_id(path),)
        if request.make:
            pinned: Pinned | None = await cache.make(KIND, key, produce, suffix=".mp4", sources=sources)
        else:
            pinned = await cache.find(KIND, key, sources=sources)
        if pinned is None:
            return _none("missing", None)
        with pinned:
            meta = pinned.meta
            offered = self._resources().offer_entry(
                KIND, key, CONTENT_TYPE, bytes=pinned.bytes, width=meta["width"], height=meta["height"]
            )
        return Proxy(
            state="ready",
            origin="made",
            reason=None,
            resource=offered,
            path=None,
            width=meta["width"],
            height=meta["height"],
            frames=meta["frames"],
            cached=not fresh,
        )

    async def stand_in(self, facts: SourceFacts, read: CheckRead) -> StandIn:
        """Return what stands for a file's first picture stream by now, a camera's version or a proxy that was made.

        It has that stream's frames at their times, upright, and is of the height that settings say. Nothing is made.
        """
        video, height = facts.video[0], self._height()
        if video.still or video.upright[1] <= WORTH * height:
            return StandIn()
        if (found := await self._smaller(facts, video, read)) is not None:
            return StandIn(found[1])
        if video.alpha:
            return StandIn()
        key = _key(facts.fingerprint, 0, height, self._toolchain().version)
        pinned = await self._cache().find(KIND, key)
        if pinned is None:
            return StandIn(key=key)
        try:
            return StandIn(await self._media.facts(pinned.path), pinned)
        except BaseException as error:
            pinned.release()
            if isinstance(error, SidecarError):
                return StandIn()
            raise

    async def _camera(self, facts: SourceFacts, video: SourceVideo, read: ReadAccess) -> Proxy | None:
        """Return a camera's own small version of a file, if there is one that may be read and fits."""
        found = await self._smaller(facts, video, read)
        if found is None:
            return None
        candidate, small = found
        kind = CAMERA_TYPES.get(candidate.suffix.lower(), CONTENT_TYPE)
        try:
            offered = self._resources().offer_file(Path(small.path), kind)
        except OSError:
            return None
        width, high = small.video[0].upright
        return Proxy(
            state="ready",
            origin="camera",
            reason=None,
            resource=offered,
            path=str(candidate),
            width=width,
            height=high,
            frames=small.video[0].frames,
            cached=True,
        )

    async def _smaller(
        self, facts: SourceFacts, video: SourceVideo, read: CheckRead
    ) -> tuple[Path, SourceFacts] | None:
        if video.index != 0:
            return None
        for candidate in await trio.to_thread.run_sync(camera_files, Path(facts.path)):
            try:
                allowed = await trio.to_thread.run_sync(read, str(candidate))
                small = await self._media.facts(allowed)
            except SidecarError:
                continue
            if same_film(facts, video, small):
                return candidate, small
        return None

    async def _made(
        self, facts: SourceFacts, video: SourceVideo, height: int, target: Path, *, shown: str, tell: Tell
    ) -> Mapping[str, Any]:
        """Write a proxy and check it against its source."""
        command = build_proxy(facts, video.index, height, str(target))
        total = video.frames
        tell(Begin(title="Making a proxy", total=total))

        def report(progress: FfmpegProgress) -> None:
            if progress.frame is not None:
                done = progress.frame if total is None else min(progress.frame, total)
                tell(Report(done=done, total=total, message=None))

        work = target.with_name(f"{target.stem}.work")
        await trio.to_thread.run_sync(work.mkdir)
        try:
            await execute(
                command,
                toolchain=self._toolchain(),
                supervisor=self._supervisor,
                work=work,
                role="proxy",
                background=True,
                on_progress=report,
            )
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(partial(shutil.rmtree, work, ignore_errors=True))
        now = await self._media.fingerprint(facts.path)
        if now != facts.fingerprint:
            raise SourceChanged(path=shown, expected=facts.fingerprint, actual=now)
        made = await self._media.facts(target)
        if not made.video or not same_frames(facts, video, made, made.video[0]):
            raise MediaUnreadable(path=shown, detail="not all of its frames can be decoded")
        tell(End())
        width, high = proxy_size(video, height)
        return {"width": width, "height": high, "frames": made.video[0].frames}


def _none(state: Any, reason: Any) -> Proxy:
    return Proxy(
        state=state,
        origin=None,
        reason=reason,
        resource=None,
        path=None,
        width=None,
        height=None,
        frames=None,
        cached=False,
    )


def _key(fingerprint: str, stream: int, height: int, ffmpeg: str) -> str:
    return hashlib.sha256(
        "\0".join(("proxy", MADE, fingerprint, str(stream), str(height), ffmpeg)).encode()
    ).hexdigest()
