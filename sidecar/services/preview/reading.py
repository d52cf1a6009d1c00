"""Reads projects and files into stages."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from protocol.commands.preview.shared import PictureMedia
from protocol.commands.shared import ProjectRef
from protocol.errors import MediaUnsupported, SidecarError
from protocol.problem import Problem
from protocol.project import Export, Project, VideoExport
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import Timeline, output_span, resolve
from sidecar.core.timeline.findings import finding
from sidecar.core.timeline.joining import joined
from sidecar.effects import catalogue
from sidecar.effects.analyses import wanted
from sidecar.ffmpeg.builder.assembly import Piece, assemble, even, rate_for
from sidecar.ffmpeg.builder.picture import Cutter
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text.fontset import bundled_fonts
from sidecar.services.access import ReadAccess
from sidecar.services.fonts import FontService
from sidecar.services.media.proxy.service import ProxyService
from sidecar.services.media.service import MediaService
from sidecar.services.preview.breakage import Without, breakage, clips_of, concerns, general, length_of, less, silence
from sidecar.services.preview.proxied import swapped
from sidecar.services.preview.stage import Kept, Stage, Stamp
from sidecar.services.projects.reading import invalid, read_file
from sidecar.services.projects.refs import folder_of
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import CheckRead, uses_of
from sidecar.services.render.compiling import Draft, analysis_keys
from sidecar.services.resolving import Resolved, resolved

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore

GONE: Stamp = (-1, -1, -1, -1)
HIGHEST_RATE = Fraction(240)
REMEMBERED = 4_096
"""Files whose facts are kept beside their stamp."""

Watched = dict[Path, Stamp]


def stamp(path: Path) -> Stamp:
    """Return what changes with a file; looks at it, reads nothing."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time of Path.stat, and asked of hundreds a frame
    except (OSError, ValueError):
        return GONE
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def changed(watched: Mapping[Path, Stamp]) -> list[Path]:
    """Return the files that are no longer what they were."""
    return [path for path, was in watched.items() if stamp(path) != was]


def identity(ref: ProjectRef) -> Hashable:
    """Return what is the same for the same text of a project that is not open; raises what reading the file does."""
    if ref.path is not None:
        path = Path(ref.path).absolute()
        return path, read_file(path).fingerprint
    text = msgspec.json.encode(ref.inline)
    return folder_of(ref.base_path), hashlib.blake2b(text, digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class _Watching:
    """Allows reading as `read` does, and takes note of every file that was asked for, as it was before it was read."""

    read: ReadAccess
    watched: Watched

    def __call__(self, path: str) -> Path:
        found = self.read(path)
        if found not in self.watched:
            self.watched[found] = stamp(found)
        return found


@dataclass(frozen=True, slots=True)
class _Facts:
    """Facts of files, remembered by stamp: an edit that leaves the files alone reads none."""

    media: MediaService
    known: OrderedDict[tuple[Path, bool], tuple[Stamp, SourceFacts]] = field(default_factory=OrderedDict)

    async def facts(self, path: Path, *, decoded: bool = False) -> SourceFacts:
        """Return what MediaService.facts does."""
        before, key = stamp(path), (path, decoded)
        known = self.known.get(key)
        if known is not None and known[0] == before:
            return known[1]
        found = await self.media.facts(path, decoded=decoded)
        self.known[key] = before, found
        self.known.move_to_end(key)
        while len(self.known) > REMEMBERED:
            self.known.popitem(last=False)
        return found

    def known_facts(self, path: Path) -> SourceFacts | None:
        """Return what MediaService.known_facts does."""
        return self.media.known_facts(path)


class Reader:
    """Reads stages. What they depend on is in `Stage.watched`."""

    def __init__(
        self,
        media: MediaService,
        fonts: Callable[[], FontService],
        cache: Callable[[], CacheStore],
        proxies: Callable[[], ProxyService],
        near: Callable[[], None],
    ) -> None:
        """`near` is called before what plays files is read: soon their pictures are decoded."""
        self._near = near
        self._facts = _Facts(media)
        self._fonts = fonts
        self._cache = cache
        self._proxies = proxies

    async def of_view(
        self, view: ProjectView, read: ReadAccess, without: Without, media: PictureMedia, ffmpeg: str
    ) -> Stage:
        """Read a project. Raises InvalidProject for what is wrong with all of it."""
        if uses_of(view.project):
            self._near()
        watched: Watched = {} if view.path is None or view.revision is not None else {view.path: stamp(view.path)}
        project = less(view.project, without)
        refused = [problem for problem in general(view.problems, project) if problem.severity == "error"]
        if refused:
            raise invalid(refused)
        playable = less(project, Without(clips=frozenset(clips_of(view.problems, project))))
        check_read = _Watching(read, watched)
        found = await self._resolved(view, playable, check_read)
        problems = [*view.problems, *found.problems]
        timeline, sources = found.timeline, found.found.sources
        if unplayable := frozenset(clips_of(found.problems, project)):
            playable = less(playable, Without(clips=unplayable))
            timeline = await trio.to_thread.run_sync(resolve, playable, sources)
        # It lasts as long as it will once its clips can be played.
        # A clip that lasts less than nothing cannot be played, and makes nothing longer.
        frames = timeline.frames if playable is project else max(0, length_of(project))
        prints = {facts.path: facts.fingerprint for facts in sources.values()}
        stage = _stage(_lasting(timeline, frames), project.export, found.resources, prints, ffmpeg)
        stage = await self._analysed(stage, problems)
        held: list[Pinned] = []
        if media == "proxy":
            stage = await self._small(stage, playable, sources, check_read, held)
        stage = replace(
            stage,
            problems=concerns(problems, project),
            broken=breakage(problems, project),
            silent=silence(problems, project),
            owners=() if project.id is None else (project.id,),
            revision=view.revision,
            watched=watched,
        )
        for pinned in held:
            # Not at the end of the process: its cache is closed by then.
            weakref.finalize(stage, pinned.release).atexit = False
        return stage

    async def of_file(self, path: Path, read: ReadAccess, shown: str, ffmpeg: str) -> Stage:
        """Read a file as one clip of all of it. Raises the errors of media."""
        self._near()
        watched: Watched = {path: stamp(path)}
        read(str(path))
        facts = await self._facts.facts(path)
        if not facts.video:
            raise MediaUnsupported(path=shown, detail="it has no picture")
        video = facts.video[0]
        rate = rate_for(facts, 0, at_most=HIGHEST_RATE)
        seconds = facts.duration or Fraction(0)
        if video.duration is not None:
            seconds = video.first_pts * video.time_base - facts.start + video.duration
        frames = 1 if video.still else max(1, int(seconds * rate + Fraction(1, 2)))
        piece = Piece(facts, Fraction(0), frames, audio_stream=0 if facts.audio else None)
        timeline, export = assemble([piece], rate=rate, size=even(video.upright), export={})
        resources = Resources(bundled_fonts(), catalogue())
        stage = _stage(timeline, export, resources, {facts.path: facts.fingerprint}, ffmpeg)
        return replace(stage, watched=watched)

    async def more(self, stage: Stage) -> bool:
        """Whether an analysis that a stage lacks is there by now."""
        for kind in {kind for kind, _ in stage.missing}:
            if await self._cache().known(kind, [key for each, key in stage.missing if each == kind]):
                return True
        return False

    async def _resolved(self, view: ProjectView, playable: Project, check_read: CheckRead) -> Resolved:
        """Resolve what can be played; raises InvalidProject where what is wrong with clips keeps all from being laid out."""
        try:
            return await resolved(playable, view.base, media=self._facts, fonts=self._fonts(), check_read=check_read)
        except SidecarError:
            raise
        except Exception as error:
            wrong = [problem for problem in view.problems if problem.severity == "error"]
            if wrong:
                raise invalid(wrong) from error
            raise

    async def _small(
        self,
        stage: Stage,
        project: Project,
        sources: Mapping[str, SourceFacts],
        check_read: CheckRead,
        held: list[Pinned],
    ) -> Stage:
        """Let a stage play small files; `held` gets what keeps them in the cache, to be released with the stage."""
        found = await swapped(project, sources, self._proxies(), check_read)
        held += found.pinned
        timeline = await trio.to_thread.run_sync(resolve, project, found.sources)
        timeline = _lasting(timeline, stage.frames)
        return replace(
            stage,
            timeline=timeline,
            cutter=Cutter(timeline, stage.resources.catalogue),
            fingerprints={facts.path: facts.fingerprint for facts in found.sources.values()},
            inexact=(*stage.inexact, *found.spans(timeline)),
            missing=(*stage.missing, *found.missing),
            media=found.media(timeline),
        )

    async def _analysed(self, stage: Stage, problems: list[Problem]) -> Stage:
        """Give a stage the analyses that are kept; of those that are not, say which frames lack them."""
        timeline, resources = stage.timeline, stage.resources
        asked = list(wanted(timeline, resources.catalogue))
        if not asked:
            return stage
        span = output_span(timeline, stage.export)
        draft = Draft(timeline, stage.export, resources, span, stage.fingerprints, stage.ffmpeg)
        keys = await trio.to_thread.run_sync(analysis_keys, draft)
        tables: dict[str, bytes] = {}
        inexact: list[tuple[int, int]] = []
        missing: list[Kept] = []
        for each in asked:
            key = keys.get(each.pointer)
            pinned = None if key is None else await self._cache().find("analysis", key)
            if pinned is not None:
                with pinned:
                    tables[each.pointer] = await trio.to_thread.run_sync(pinned.path.read_bytes)
            elif key is not None:
                missing.append(("analysis", key))
                inexact.append((each.item.first - each.item.head, each.item.end + each.item.tail))
                problems.append(_unanalysed(each.pointer, each.item.clip.id))
        given = replace(resources, analyses=tables, analysis_keys=keys)
        return replace(stage, resources=given, inexact=tuple(inexact), missing=tuple(missing))


def _lasting(timeline: Timeline, frames: int) -> Timeline:
    """Return a timeline of so many frames as previews take it."""
    return replace(joined(timeline), frames=frames)


def _stage(timeline: Timeline, export: Export, resources: Resources, prints: Mapping[str, str], ffmpeg: str) -> Stage:
    export = msgspec.structs.replace(export, video=export.video or VideoExport(), range=None)
    return Stage(timeline, export, resources, prints, ffmpeg, Cutter(timeline, resources.catalogue))


def _unanalysed(pointer: str, clip: str | None) -> Problem:
    return finding(
        "analysisMissing",
        pointer,
        "What this effect has to know of the whole clip is found out by a render: until then it leaves the picture alone",
        severity="warning",
        ids=() if clip is None else (clip,),
    )
