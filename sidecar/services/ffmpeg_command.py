"""Builds the commands that the sidecar would run, and shows them without running any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import trio

from protocol.commands.ffmpeg import Builder as Name
from protocol.commands.ffmpeg import BuiltCommand, Capabilities, FfmpegCommand, SideFile
from protocol.commands.shared import ProjectRef, Range
from protocol.errors import InvalidParams, NotSupported
from protocol.model import Model
from protocol.project.check.schema import compile_shape
from protocol.project.check.sink import Sink
from protocol.project.check.walk import Walk
from protocol.typed import ready
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.ffmpeg.builder.concat import Concat, build_concat
from sidecar.ffmpeg.builder.excerpt import target
from sidecar.ffmpeg.builder.filter_preview import FilterPreview, build_filter_preview
from sidecar.ffmpeg.builder.gif import Gif, build_gif
from sidecar.ffmpeg.builder.hwaccel_test import HwaccelTest, build_hwaccel_test
from sidecar.ffmpeg.builder.probe import Probe, build_probe
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.subtitle_preview import SubtitlePreview, build_subtitle_preview
from sidecar.ffmpeg.builder.text.fontset import bundled_fonts
from sidecar.ffmpeg.builder.thumbnails import Thumbnails, build_thumbnails
from sidecar.ffmpeg.builder.video_preview import VideoPreview, build_video_preview
from sidecar.ffmpeg.builder.waveform import Waveform, build_waveform
from sidecar.services.media.paths import local_path
from sidecar.services.media.service import MediaService
from sidecar.services.projects.effects import effect_file
from sidecar.services.projects.world import CheckRead
from sidecar.services.render.planner import Planner
from sidecar.services.tools import Tools

P = TypeVar("P", bound=Model)


class RenderParameters(Model, kw_only=True):
    """A project, what changes of its export settings (merged over them), and a part of it."""

    project: ProjectRef
    export: dict[str, Any] = {}
    range: Range | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A builder: the shape of its parameters, the files it reads, and where it writes when nobody says."""

    parameters: type[Model]
    paths: Callable[[Any], list[str]]
    build: Callable[[Any, list[SourceFacts], str], Command]
    output: Callable[[Any], str]


def _one(parameters: Any) -> list[str]:
    return [parameters.path]


RECIPES: Mapping[Name, Recipe] = {
    "thumbnails": Recipe(
        Thumbnails, _one, lambda p, files, out: build_thumbnails(p, files[0], out), lambda p: f"thumbnail.{p.format}"
    ),
    "videoPreview": Recipe(
        VideoPreview,
        _one,
        lambda p, files, out: build_video_preview(p, files[0], out, bundled_fonts()),
        lambda p: f"preview.{p.container}",
    ),
    "waveform": Recipe(
        Waveform, _one, lambda p, files, out: build_waveform(p, files[0], out), lambda _: "waveform.png"
    ),
    "gif": Recipe(Gif, _one, lambda p, files, out: build_gif(p, files[0], out), lambda _: "preview.gif"),
    "concat": Recipe(
        Concat,
        lambda p: list(p.paths),
        lambda p, files, out: build_concat(p, files, out, bundled_fonts()),
        lambda p: f"joined.{p.container}",
    ),
    "subtitlePreview": Recipe(
        SubtitlePreview,
        _one,
        lambda p, files, out: build_subtitle_preview(p, files[0], out, bundled_fonts()),
        lambda p: f"subtitle.{p.format}",
    ),
}
"""The builders that read files through their facts; the others have nothing to look up, or more."""


@dataclass(frozen=True, slots=True, eq=False)
class FfmpegCommandService:
    """Answers what FFmpeg can do, and what it would be told."""

    media: MediaService
    planner: Planner
    tools: Tools

    async def capabilities(self) -> Capabilities:
        """Ask the binary what it can do. Raises FfmpegNotFound."""
        return await self.tools.capabilities()

    async def show(self, params: FfmpegCommand, check_read: CheckRead, output: Path | None) -> BuiltCommand:
        """Build a command and write it out. `output` is where it is to write, None for a name of the builder's own.

        Raises InvalidParams for parameters of the wrong shape, FfmpegNotFound, and what the builder and the reading
        of its files raise.
        """
        program = self.tools.require().path
        command = await self._build(params, check_read, None if output is None else str(output))
        built = arguments(command)
        return BuiltCommand(
            builder=params.builder,
            argv=[str(program), *built.argv],
            graph=built.graph or None,
            files=[SideFile(name=file.name, text=file.content.decode("utf-8", "replace")) for file in built.files],
        )

    async def _build(self, params: FfmpegCommand, check_read: CheckRead, output: str | None) -> Command:
        given = params.parameters
        if params.builder == "render":
            return await self._render(_decoded(given, RenderParameters), check_read, output)
        if params.builder == "filterPreview":
            return await self._filter_preview(_timed(given, FilterPreview), check_read, output)
        if params.builder == "hwaccelTest":
            return build_hwaccel_test(_decoded(given, HwaccelTest))
        if params.builder == "probe":
            wanted = _decoded(given, Probe)
            return build_probe(wanted, str(await _allowed(wanted.path, check_read)))
        recipe = RECIPES[params.builder]
        parameters = _timed(given, recipe.parameters)
        files = [await self.media.facts(await _allowed(path, check_read)) for path in recipe.paths(parameters)]
        return recipe.build(parameters, files, output or recipe.output(parameters))

    async def _filter_preview(self, wanted: FilterPreview, check_read: CheckRead, output: str | None) -> Command:
        from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
        from sidecar.effects.validation import files_of, require_picture_effect  # noqa: PLC0415

        kinds, pointer = catalogue(), "/parameters/effect"
        kind = require_picture_effect(wanted.effect, kinds, pointer)
        contents = {
            named.written: await effect_file(named, None, check_read)
            for named in files_of(wanted.effect, kind, pointer)
        }
        facts = await self.media.facts(await _allowed(wanted.path, check_read))
        resources = Resources(bundled_fonts(), kinds, contents=contents)
        written = output or ("filter.mp4" if wanted.duration else "filter.png")
        return build_filter_preview(wanted, facts, written, resources)

    async def _render(self, wanted: RenderParameters, check_read: CheckRead, output: str | None) -> Command:
        planned = await self.planner.plan(wanted.project, wanted.export, wanted.range, check_read)
        # One process, however large; a render shares a large timeline out among several.
        stages = planned.stages
        written = target(output or f"output.{planned.export.container}")
        command = build_render(stages.timeline, stages.export, target=written, resources=stages.resources, sketch=True)
        if command.loudness is not None:
            what = "One command for sound that has to be measured first"
            raise NotSupported(what=what, suggestion="Set export.audio.loudness to null")
        return command


async def _allowed(path: str, check_read: CheckRead) -> Path:
    return await trio.to_thread.run_sync(check_read, str(local_path(path)))


def _decoded(given: dict[str, Any], shape: type[P]) -> P:
    """Decode a builder's parameters strictly; raises InvalidParams with their place."""
    try:
        return msgspec.convert(given, ready(shape))
    except (msgspec.ValidationError, ValueError) as error:
        detail, _, place = str(error).partition(" - at `$")
        pointer = place.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        raise InvalidParams(detail=detail, path=f"/parameters{pointer}") from error


def _timed(given: dict[str, Any], shape: type[P]) -> P:
    """Decode parameters whose times and rates are text, which the decoder does not look into."""
    read = _decoded(given, shape)
    sink = Sink(given)
    compile_shape(shape).visit(given, Walk(sink), trusted=True)
    for problem in sink.problems:
        raise InvalidParams(detail=problem.message, path=f"/parameters{problem.pointer}")
    return read
