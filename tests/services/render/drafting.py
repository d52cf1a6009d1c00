"""Plans cells of projects whose files need not be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from protocol.project.check import check
from sidecar.core.keys import plan_key
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.core.timeline import Timeline, output_span, resolve
from sidecar.ffmpeg.builder.cells import build_run
from sidecar.ffmpeg.builder.picture import Cutter
from sidecar.services.render.cells import Cell
from sidecar.services.render.compiling import Compiled, Draft, compile_draft
from tests.harness.facts import video_facts
from tests.harness.rendering import RESOURCES

SECONDS = 120

VIDEO = video_facts(
    size=(64, 36), seconds=SECONDS, keyframes=tuple(range(0, 12_800 * SECONDS, 51_200)), max_gap=Fraction(4)
)
STILL = replace(VIDEO, still=True, frames=1, duration=None, keyframes=(0,), max_gap=None)


def facts(path: str, fingerprint: str, video: SourceVideo = VIDEO) -> SourceFacts:
    return SourceFacts(
        path=path,
        fingerprint=fingerprint,
        bytes=1,
        demuxer="mov,mp4" if not video.still else "png_pipe",
        start=Fraction(0),
        duration=video.duration,
        video=(video,),
        audio=(),
    )


SOURCES = {
    "a.mp4": facts("/media/a.mp4", "a"),
    "b.mp4": facts("/media/b.mp4", "b"),
    "still.png": facts("/media/still.png", "still", STILL),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A compiled project, and its timeline."""

    timeline: Timeline
    compiled: Compiled

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.compiled.cells

    @property
    def keys(self) -> set[str]:
        return {cell.key for cell in self.cells}


def compiled(raw: dict[str, Any], sources: dict[str, SourceFacts] | None = None) -> Drawn:
    """Compile a project of the files a.mp4 and b.mp4 (two minutes at 25 frames a second) and still.png."""
    checked = check(raw)
    assert checked.project is not None, checked.problems
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    assert not errors, errors
    known = SOURCES if sources is None else sources
    timeline = resolve(checked.project, known)
    export = checked.project.export
    prints = {each.path: each.fingerprint for each in known.values()}
    draft = Draft(timeline, export, RESOURCES, output_span(timeline, export), prints, "9")
    return Drawn(timeline, compile_draft(draft))


def pictures(timeline: Timeline) -> list[str]:
    """A key for each frame alone: equal ones are equal pictures."""
    export, cutter = timeline.project.export, Cutter(timeline, RESOURCES.catalogue)
    prints = {each.path: each.fingerprint for each in SOURCES.values()}

    def one(frame: int) -> str:
        command = build_run(timeline, export, RESOURCES, ((frame, frame + 1),), ("-",), cutter=cutter, sketch=True)
        return plan_key(command, prints, "")

    return [one(frame) for frame in range(output_span(timeline, export).frames)]


def frames_of(cells: Sequence[Cell], known: set[str]) -> int:
    """Frames of cells whose keys are not known."""
    return sum(cell.frames for cell in cells if cell.key not in known)
