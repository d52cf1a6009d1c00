"""Commands that make files of previews: a project or a file in, a small file out."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import msgspec

from protocol.commands.preview.clip import PreviewClip, PreviewedClip
from protocol.commands.preview.filter import FilterPreview, PreviewFilter
from protocol.commands.preview.gif import PreviewedGif, PreviewGif
from protocol.commands.preview.storyboard import PreviewStoryboard, Storyboard
from protocol.commands.preview.subtitles import PreviewSubtitles, SubtitlePreview
from protocol.commands.preview.waveform import PreviewedWaveform, PreviewWaveform
from protocol.commands.shared import ProjectRef, Range
from protocol.errors import InvalidParams
from protocol.progress import Progress
from protocol.time import parse_seconds
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file, readable
from sidecar.commands.registry import command

if TYPE_CHECKING:
    from sidecar.services.preview.service import PreviewService
    from sidecar.services.preview.stage import Stage
    from sidecar.services.preview.telling import Tell
    from sidecar.services.preview.trials import Given
    from sidecar.services.preview.written import Target


class _Of(Protocol):
    """What these params share."""

    project: ProjectRef | None
    path: str | None
    output: str | None
    overwrite: bool


@command("preview.storyboard")
async def storyboard(params: PreviewStoryboard, call: Call) -> Storyboard:
    """Frames on a sheet."""
    from sidecar.services.preview.storyboard.service import TRACK  # noqa: PLC0415 - start-up time
    from sidecar.services.preview.wiring import storyboards  # noqa: PLC0415 - start-up time

    target, previews = _target(params, call), await call.services.previews.wait()
    if target is not None:
        call.check_write(str(target.beside(TRACK).path))
    stage = await _stage(params, call, previews)
    span = stage.span(params.range)
    made = storyboards(call.services, previews).storyboard
    return await made(params, stage, span, target, _tell(call), trace=call.trace_id)


@command("preview.clip")
async def clip(params: PreviewClip, call: Call) -> PreviewedClip:
    """A small clip."""
    from sidecar.services.preview.wiring import clips  # noqa: PLC0415 - start-up time

    target, previews = _target(params, call), await call.services.previews.wait()
    stage = await _stage(params, call, previews)
    return await clips(call.services).clip(params, stage, stage.span(params.range), target, _tell(call))


@command("preview.gif")
async def gif(params: PreviewGif, call: Call) -> PreviewedGif:
    """An animated GIF."""
    from sidecar.services.preview.wiring import gifs  # noqa: PLC0415 - start-up time

    target, previews = _target(params, call), await call.services.previews.wait()
    stage = await _stage(params, call, previews)
    return await gifs(call.services).gif(params, stage, stage.span(params.range), target, _tell(call))


@command("preview.waveform")
async def waveform(params: PreviewWaveform, call: Call) -> PreviewedWaveform:
    """Peaks of a mix, or of a file."""
    from sidecar.services.preview.wiring import waves  # noqa: PLC0415 - start-up time

    target = _target(params, call)
    if params.path is not None and params.project is None:
        span = _seconds(params.range)
        path = await media_file(params.path, call)
        return await waves(call.services).of_file(params, path, span, target)
    previews = await call.services.previews.wait()
    stage = await _stage(params, call, previews)
    shown = stage.span(params.range)
    frames = None if params.range is None else shown
    return await waves(call.services).of_project(params, stage, frames, target, _tell(call))


@command("preview.filter")
async def filter_(params: PreviewFilter, call: Call) -> FilterPreview:
    """An effect, before and after."""
    from sidecar.services.preview.trials import CLIP  # noqa: PLC0415 - start-up time
    from sidecar.services.preview.wiring import trials  # noqa: PLC0415 - start-up time

    target, previews = _target(params, call), await call.services.previews.wait()
    given = await _given(params, call, previews)
    if params.path is not None:
        params = msgspec.structs.replace(params, owner=CLIP)
    return await trials(call.services, previews).filter(params, given, target, _tell(call))


@command("preview.subtitles")
async def subtitles(params: PreviewSubtitles, call: Call) -> SubtitlePreview:
    """Cues in a style."""
    from sidecar.services.preview.wiring import trials  # noqa: PLC0415 - start-up time

    target, previews = _target(params, call), await call.services.previews.wait()
    given = await _given(params, call, previews)
    return await trials(call.services, previews).subtitles(params, given, target)


def _target(params: _Of, call: Call) -> Target | None:
    """Return the file that is asked for, within what the connection may write."""
    from sidecar.services.preview.written import Target  # noqa: PLC0415 - start-up time

    if params.output is None:
        return None
    own = None if params.project is None else call.services.projects.path_of(readable(params.project, call))
    return Target(call.check_write(params.output), params.overwrite, own)


async def _stage(params: _Of, call: Call, previews: PreviewService) -> Stage:
    """Set the stage of the project or the file that is named, within what the connection may read."""
    read = call.connection.grant.reading
    if (params.project is None) == (params.path is None):
        raise InvalidParams(detail="exactly one of project and path is needed", path="/project")
    if params.project is not None:
        return await previews.stages.of_project(readable(params.project, call), read)
    shown = params.path or ""
    return await previews.stages.of_file(await media_file(shown, call), read, shown=shown)


async def _given(params: _Of, call: Call, previews: PreviewService) -> Given:
    """Return the project that is named, to be changed; of a file one that plays it."""
    from sidecar.services.preview.trials import Given, of_file  # noqa: PLC0415 - start-up time

    read = call.connection.grant.reading
    if params.project is not None and params.path is None:
        view = await call.services.projects.resolve_ref(readable(params.project, call))
        return Given(view.raw, view.base, read)
    return of_file(await _stage(params, call, previews), read)


def _seconds(range_: Range | None) -> tuple[Fraction, Fraction] | None:
    """Return a range of a file whose frames nobody counts."""
    if range_ is None:
        return None
    edges = []
    for name, when in (("from", range_.from_), ("to", range_.to)):
        if when.time is None or when.frame is not None:
            raise InvalidParams(detail="the sound of a file has times, no frames", path=f"/range/{name}")
        try:
            edges.append(parse_seconds(when.time))
        except ValueError as error:
            raise InvalidParams(detail=str(error), path=f"/range/{name}/time") from error
    if not 0 <= edges[0] < edges[1]:
        raise InvalidParams(detail="a range begins at 0 or later, and ends after it begins", path="/range")
    return edges[0], edges[1]


def _tell(call: Call) -> Tell:
    def tell(value: Progress) -> None:
        if call.report is not None:
            call.report(msgspec.to_builtins(value))

    return tell
