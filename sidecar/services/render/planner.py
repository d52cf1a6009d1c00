"""From a project to a plan: sources probed, timeline resolved, command built. Nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from msgspec.structs import replace

from protocol.commands.render import Encoders, Input
from protocol.commands.shared import ProjectRef, Range
from protocol.errors import EncoderUnavailable, NothingToRender, SidecarError
from protocol.project import Export
from protocol.time import format_exact
from sidecar.core.source import SourceFacts
from sidecar.core.spans import Timed
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.encode import encoders_of
from sidecar.services.cache.coverage import PlannedCell
from sidecar.services.fonts import FontService
from sidecar.services.media.service import MediaService
from sidecar.services.projects import ProjectService
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import CheckRead, MediaFindings, Use, located, uses_of
from sidecar.services.render.cells import in_cells
from sidecar.services.render.compiling import Compiled, Draft, compile_draft
from sidecar.services.render.copies import Copies, find_copies
from sidecar.services.render.estimates import (
    CORES,
    Costs,
    Estimate,
    Speeds,
    estimate,
    measured,
    options_key,
    sound_bytes,
    work_of,
)
from sidecar.services.render.planning import Planned, frames_of, merge_export, refuse, summarize, validated
from sidecar.services.render.uncopied import Stream
from sidecar.services.resolving import Resolved, resolved
from sidecar.services.tools import Tools

if TYPE_CHECKING:
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.gpu.service import GpuService


@dataclass(frozen=True, slots=True, eq=False)
class Planner:
    """Makes plans. Work that grows with the project is done in threads.

    `workers` is how many processes encode at a time, 0 for one a core: estimates go by it.
    """

    projects: ProjectService
    media: MediaService
    fonts: FontService
    tools: Tools
    cache: Callable[[], CacheStore]
    gpu: Callable[[], GpuService]
    workers: int = 0
    speeds: Speeds = field(default_factory=Speeds)

    async def plan(
        self,
        ref: ProjectRef,
        changes: Mapping[str, Any],
        span: Range | None,
        check_read: CheckRead,
        *,
        without: Collection[Stream] = (),
    ) -> Planned:
        """Plan the render of a project as it is now, with `changes` merged over its export settings.

        Streams `without` are not copied from: a job has found that they cannot be.
        Raises InvalidProject with every error found, NothingToRender, InvalidParams for an empty range,
        EncoderUnavailable, FfmpegNotFound, ResourceLimit, and the errors of reading the project.
        """
        with Timed("plan"):
            view = await self.projects.resolve_ref(ref)
            raw = merge_export(view.raw, changes) if changes else view.raw
            project, problems = await trio.to_thread.run_sync(validated, raw)
            found = await resolved(project, view.base, media=self.media, fonts=self.fonts, check_read=check_read)
            problems += found.problems
            refuse(problems)
            timeline = found.timeline
            if timeline.frames == 0:
                raise NothingToRender
            export = await self._decided(_ranged(project.export, span, timeline))
            encoders = await self._encoders(export)
            inputs = _inputs(found.found, uses_of(project))
            draft = Draft(
                timeline=timeline,
                export=export,
                resources=found.resources,
                span=output_span(timeline, export),
                fingerprints={each.path: each.fingerprint for each in inputs},
                ffmpeg=self.tools.require().version,
            )
            copies = await self._copies(draft, without)
            problems += copies.problems()
            compiled = await trio.to_thread.run_sync(compile_draft, draft, copies.spans)
            costs = await self.cache().costs("segments", sorted({cell.key for cell in compiled.cells}))
            estimated = self._estimate(draft, compiled, costs, await self._sound_bytes(compiled))
            await self._noted(view, compiled, whole=span is None)
            return Planned(
                project=project,
                base=view.base,
                export=export,
                stages=compiled.stages,
                problems=problems,
                summary=summarize(compiled.cells, costs, draft.span, encoders, estimated),
                key=compiled.key,
                inputs=inputs,
                span=draft.span,
                fingerprints=draft.fingerprints,
                cells=compiled.cells,
                sound=compiled.sound,
                known=frozenset(costs),
                refusals=copies.refusals,
                read=await trio.to_thread.run_sync(_read, view, found, check_read),
            )

    async def _noted(self, view: ProjectView, compiled: Compiled, *, whole: bool) -> None:
        """Have the cache remember what entries of this project will be called by, and what it is made of."""
        store, project = self.cache(), view.project
        if project.id is None:
            return
        await store.note_project(project.id, project.name, None if view.path is None else str(view.path))
        if whole and view.revision is not None:
            cells = [PlannedCell(None if cell.copy is not None else cell.key, cell.frames) for cell in compiled.cells]
            store.coverage.note(project.id, view.revision, cells)

    async def _decided(self, export: Export) -> Export:
        """Decide which hardware encodes, if any may: its encoder has been tried. Raises EncoderUnavailable."""
        if export.video is None or export.video.hardware == "off":
            return export
        return await self.gpu().decided(export)

    async def _copies(self, draft: Draft, without: Collection[Stream]) -> Copies:
        """Find what is copied. What was encoded before has no say in it: else a second render would be another one."""
        if not in_cells(draft.export):
            return Copies()
        return await find_copies(draft.timeline, draft.export, draft.span, self.media, without=without)

    async def _sound_bytes(self, compiled: Compiled) -> int | None:
        """Return the bytes of the encoded sound, if it is cached."""
        if compiled.sound is None:
            return None
        found = await self.cache().costs("sound", [compiled.sound.key])
        return found[compiled.sound.key][0] if found else None

    def _estimate(self, draft: Draft, compiled: Compiled, costs: Costs, sound: int | None) -> Estimate:
        """Estimate a render by what of it is cached, and by what was cached of others like it."""
        if not compiled.cells:
            return Estimate()
        options = options_key(draft.export, draft.span)
        cached = measured(compiled.cells, costs)
        if cached.frames:
            self.speeds.learn(options, cached)
        sound = sound_bytes(draft.export, draft.span) if sound is None else sound
        return estimate(work_of(compiled.cells, costs, sound), self.speeds.of(options), self.workers or CORES)

    async def fingerprint(self, path: Path) -> str | None:
        """Return what a source is known by now; None when it is gone or cannot be read."""
        try:
            return await self.media.fingerprint(path)
        except SidecarError:
            return None

    async def damage(self, path: Path) -> SourceFacts:
        """Decode a whole file to find what of it is damaged; raises the errors of media."""
        return await self.media.facts(path, decoded=True)

    async def _encoders(self, export: Export) -> Encoders:
        """Return the encoders' names; raises EncoderUnavailable for one that the FFmpeg in use lacks."""
        video, audio = encoders_of(export)
        offered = (await self.tools.capabilities()).encoders
        for name in (video, audio):
            if name is not None and name not in offered:
                raise EncoderUnavailable(encoder=name, detail="the FFmpeg in use does not have it")
        return Encoders(video=video, audio=audio)


def _read(view: ProjectView, found: Resolved, check_read: CheckRead) -> tuple[str, ...]:
    """Name the files that a project was read from, itself among them; looks at links."""
    own = () if view.path is None else (str(view.path),)
    named = [str(located(written, view.base, check_read)) for written in found.resources.contents]
    return (*own, *{facts.path for facts in found.found.sources.values()}, *named)


def _ranged(export: Export, span: Range | None, timeline: Timeline) -> Export:
    """Put a range that was asked for in place of the project's own."""
    if span is None:
        return export
    first, end = frames_of(span, timeline.rate, timeline.frames)
    return replace(export, range=(format_exact(first / timeline.rate), format_exact(end / timeline.rate)))


def _inputs(found: MediaFindings, uses: Mapping[str, Use]) -> list[Input]:
    """List the files that clips play, each once."""
    clips: dict[str, list[str]] = {}
    prints: dict[str, str] = {}
    for written, facts in found.sources.items():
        if uses[written].clips:
            clips.setdefault(facts.path, []).extend(uses[written].clips)
            prints[facts.path] = facts.fingerprint
    return [Input(path=path, fingerprint=prints[path], clips=names) for path, names in clips.items()]
