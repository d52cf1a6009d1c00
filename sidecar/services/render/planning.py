"""A plan of a render, and the pure steps on the way to it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.commands.render import Encoders, Input, NotCopied, Plan, PlanSummary, Segment, SegmentState
from protocol.commands.shared import Range, When
from protocol.errors import InvalidParams, InvalidProject
from protocol.problem import Problem
from protocol.project import Export, Project
from protocol.time import format_exact, format_rate, instant_frame, parse_seconds
from sidecar.services.projects.reading import invalid
from sidecar.services.render.estimates import Estimate, frames_to_encode

if TYPE_CHECKING:
    from sidecar.core.copying import Refusal
    from sidecar.core.timeline import OutputSpan
    from sidecar.ffmpeg.builder.staged import Stages
    from sidecar.services.render.cells import Cell
    from sidecar.services.render.encoded_sound import SoundPlan


@dataclass(frozen=True, slots=True)
class Planned:
    """A render that could start: everything but the place where it writes.

    `fingerprints` are those of the sources when the plan was made, by their paths; `base` is the folder that relative
    paths of the project start from. `cells` are what its picture is put together of; none where one process writes it
    all, as `stages` shares it out; `sound` is made beside cells. `known` are keys of cells that were cached when the plan was made; `refusals` say why
    clips are not copied, or not wholly. `read` are all files that it was read from: the project's own, if it has one,
    its media, and what its effects name.
    """

    project: Project
    base: Path | None
    export: Export
    span: OutputSpan
    stages: Stages
    problems: list[Problem]
    summary: PlanSummary
    key: str
    inputs: list[Input]
    fingerprints: Mapping[str, str]
    cells: tuple[Cell, ...] = ()
    sound: SoundPlan | None = None
    known: frozenset[str] = frozenset()
    refusals: tuple[Refusal, ...] = ()
    read: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Frames of the output."""
        return self.span.frames

    @property
    def frame_rate(self) -> Fraction:
        """Frames a second of the output."""
        return self.span.rate

    @property
    def owners(self) -> tuple[str, ...]:
        """The projects that what is cached is said to be of."""
        return (self.project.id,) if self.project.id else ()

    def segments(self) -> list[Segment]:
        """Return the cells, and what the plan saw of each."""
        if not self.cells:
            return [Segment(index=0, from_=0, to=self.frames, state="waiting")]
        return [
            Segment(index=cell.index, from_=cell.first, to=cell.end, state=_state(cell, self.known))
            for cell in self.cells
        ]

    def describe(self) -> Plan:
        """Return the plan as a client is shown it."""
        return Plan(
            plan=self.summary,
            key=self.key,
            problems=self.problems,
            segments=self.segments(),
            inputs=self.inputs,
            width=self.span.width,
            height=self.span.height,
            frame_rate=format_rate(self.frame_rate),
            container=self.export.container,
            not_copied=[
                NotCopied(pointer=each.pointer, clip=each.clip, rule=each.rule, reason=each.reason)
                for each in self.refusals
            ],
        )


def _state(cell: Cell, known: frozenset[str]) -> SegmentState:
    if cell.copy is not None:
        return "copied"
    return "cached" if cell.key in known else "waiting"


def summarize(
    cells: Sequence[Cell], known: Container[str], span: OutputSpan, encoder: Encoders, estimate: Estimate
) -> PlanSummary:
    """Say what a render will do. Without cells it is one segment, to be encoded."""
    copied = sum(cell.copy is not None for cell in cells)
    cached = sum(cell.copy is None and cell.key in known for cell in cells)
    return PlanSummary(
        frames=span.frames,
        duration=format_exact(span.frames / span.rate),
        segments=max(1, len(cells)),
        cached=cached,
        copied=copied,
        encode=max(1, len(cells)) - cached - copied,
        frames_to_encode=frames_to_encode(cells, known) if cells else span.frames,
        estimated_seconds=estimate.seconds,
        estimated_bytes=estimate.bytes,
        encoder=encoder,
    )


def merge_export(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the raw project with `changes` merged over its export settings (RFC 7396)."""
    return {**raw, "export": _merge(raw.get("export", {}), changes)}


def _merge(base: Any, changes: Any) -> Any:
    """RFC 7396, except that null is kept: `"video": null` means no picture, and every other null is a default."""
    if not isinstance(changes, Mapping):
        return changes
    merged = dict(base) if isinstance(base, Mapping) else {}
    for key, value in changes.items():
        merged[key] = _merge(merged.get(key), value)
    return merged


def frames_of(span: Range, rate: Fraction, length: int) -> tuple[int, int]:
    """Turn a range of instants into frames of the project; raises InvalidParams when it holds none."""
    first, end = _frame(span.from_, rate, "/range/from"), _frame(span.to, rate, "/range/to")
    if not 0 <= first < end:
        raise InvalidParams(detail="the range holds no frame", path="/range")
    if first >= length:
        raise InvalidParams(detail=f"the range begins after the project's {length} frames", path="/range/from")
    return first, min(end, length)


def _frame(when: When, rate: Fraction, path: str) -> int:
    if (when.frame is None) == (when.time is None):
        raise InvalidParams(detail="exactly one of frame and time", path=path)
    if when.frame is not None:
        return when.frame
    try:
        return instant_frame(parse_seconds(when.time if when.time is not None else 0), rate)
    except ValueError as error:
        raise InvalidParams(detail=str(error), path=f"{path}/time") from error


def validated(raw: Mapping[str, Any]) -> tuple[Project, list[Problem]]:
    """Check a raw project, for rendering: errors raise InvalidProject, warnings are returned."""
    from protocol.project.check import check  # noqa: PLC0415 - start-up time
    from sidecar.core.timeline import unsupported  # noqa: PLC0415
    from sidecar.services.projects.effects import effect_problems  # noqa: PLC0415

    checked = check(raw)
    refuse(checked.problems)
    if checked.project is None:
        raise InvalidProject(detail="it cannot be read")
    problems = [*checked.problems, *unsupported(checked.project), *effect_problems(checked.project)]
    refuse(problems)
    return checked.project, problems


def refuse(problems: list[Problem]) -> None:
    """Raise InvalidProject if any problem is an error."""
    if any(problem.severity == "error" for problem in problems):
        raise invalid(problems)
