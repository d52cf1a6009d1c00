"""Starts a concatenation: looks at its inputs, writes its project, and hands that to the render service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import trio

from protocol.commands.media import MediaConcat
from protocol.commands.render import NotCopied, Plan, RenderPlan, RenderStart, Started
from protocol.commands.shared import ProjectRef
from protocol.errors import NotCopyable, OutputUnwritable, SidecarError
from sidecar.core.copying import RULES
from sidecar.core.packets import frame_order
from sidecar.core.source import SourceFacts
from sidecar.services.access import ReadAccess
from sidecar.services.concat.export import container_of, leading_picture
from sidecar.services.concat.parts import Part, part_of
from sidecar.services.concat.project import Joined, joined
from sidecar.services.media.service import MediaService
from sidecar.services.render.publish import check_early
from sidecar.services.render.service import RenderService


async def start_concat(
    request: MediaConcat,
    paths: Sequence[Path],
    target: Path,
    *,
    read: ReadAccess,
    trace_id: str,
    media: MediaService,
    render: RenderService,
) -> Started:
    """Queue the render of inputs one after the other; `paths` are theirs, absolute and allowed to be read.

    Raises the errors of reading media and of RenderService.start, InvalidParams for a range that holds nothing and an
    output whose name stands for no container, OutputUnwritable for one that is an input, and in mode copy NotCopyable.
    Cancelling it before it returns leaves no job.
    """
    container = container_of(target)
    await trio.to_thread.run_sync(_check_target, target, paths, request.overwrite)
    facts = await _facts(paths, media)
    parts = [
        part_of(number, each, asked.range)
        for number, (each, asked) in enumerate(zip(facts, request.inputs, strict=True))
    ]
    project = joined(parts, container, request.mode, await _profile(parts, media))
    ref = ProjectRef(inline=project.raw)
    if request.mode == "copy":
        await _refuse_encoding(await render.plan(RenderPlan(project=ref), read), project, parts, media)
    start = RenderStart(
        project=ref, output=str(target), overwrite=request.overwrite, job_id=request.job_id, labels=request.labels
    )
    return await render.start(start, target, read, trace_id)


def _check_target(target: Path, paths: Sequence[Path], overwrite: bool) -> None:  # noqa: FBT001 - as it was asked
    if target.exists():
        for number, path in enumerate(paths):
            if path.exists() and target.samefile(path):
                detail = f"it is input {number}"
                raise OutputUnwritable(path=str(target), detail=detail, suggestion="Choose another name")
    check_early(target, overwrite=overwrite)


async def _facts(paths: Sequence[Path], media: MediaService) -> list[SourceFacts]:
    """Read all files, several at a time. Raises the error of the first input that cannot be read."""
    found: dict[Path, SourceFacts | SidecarError] = {}

    async def look(path: Path) -> None:
        try:
            found[path] = await media.facts(path)
        except SidecarError as error:
            found[path] = error

    async with trio.open_nursery() as nursery:
        for path in dict.fromkeys(paths):
            nursery.start_soon(look, path)
    facts: list[SourceFacts] = []
    for path in paths:
        each = found[path]
        if isinstance(each, SidecarError):
            raise each
        facts.append(each)
    return facts


async def _profile(parts: Sequence[Part], media: MediaService) -> str | None:
    """Return what the decoder calls the profile of the leading picture."""
    first = next((part for part in parts if part.video is not None and part.video is leading_picture(parts)), None)
    if first is None:
        return None
    info = await media.probe(Path(first.facts.path))
    return info.video[0].profile if info.video else None


async def _refuse_encoding(plan: Plan, project: Joined, parts: Sequence[Part], media: MediaService) -> None:
    """Raise NotCopyable for the first input of which a frame would be encoded."""
    encoded = next((each for each in plan.segments if each.state != "copied"), None)
    if encoded is None:
        return
    number = project.input_at(encoded.from_)
    rule = _rule(plan.not_copied, project.pointers[number], parts[number])
    nearest: list[int] = []
    detail = RULES[rule]
    if rule == "keyframes":
        first, end = project.spans[number]
        at_end = encoded.from_ > first
        wanted = (parts[number].first or 0) + (end - first if at_end else 0)
        nearest = await _nearest(parts[number], wanted, media, at_end=at_end)
        detail = f"it cannot be cut at its frame {wanted} without encoding; nearest are {nearest}"
    raise NotCopyable(path=parts[number].facts.path, input=number, rule=rule, detail=detail, nearest=nearest)


def _rule(refusals: Sequence[NotCopied], pointer: str | None, part: Part) -> str:
    """Return why an input is not copied: itself, or everything; else its edge is no place to cut."""
    if part.video is None:
        return "noPicture"
    return next((each.rule for each in refusals if each.pointer in ("/export", pointer)), "keyframes")


async def _nearest(part: Part, frame: int, media: MediaService, *, at_end: bool) -> list[int]:
    """Return the frames nearest to one, before and after it, at which a copy may begin, or end."""
    video = part.video
    order = None if video is None else frame_order(await media.packets(Path(part.facts.path), video.stream))
    if order is None:
        return []
    around = (order.end_before(frame) if at_end else order.start_before(frame), order.start_at(frame))
    return sorted({found[0] for found in around if found is not None})
