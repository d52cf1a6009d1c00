"""media.probe, ffmpeg.command and ffmpeg.capabilities over real services."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import trio

from protocol.commands.ffmpeg import Builder, BuiltCommand, Capabilities
from protocol.commands.media import MediaInfo
from protocol.errors import (
    EffectInvalid,
    EffectUnknown,
    InvalidParams,
    InvalidProject,
    MediaNotFound,
    MediaUnsupported,
    NothingToRender,
    PermissionDenied,
)
from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import Grant
from sidecar.commands.registry import HANDLERS
from sidecar.services.container import ServiceOptions, open_services
from tests.harness.media import decode_rgb, make_clip, read_numbers
from tests.harness.patience import PATIENCE

Ask = Any

PROJECT: dict[str, Any] = {
    "schema": "timeline/1",
    "frameRate": "25",
    "width": 192,
    "height": 96,
    "tracks": [{"kind": "video", "clips": [{"source": {"kind": "file", "path": "a.mp4"}, "start": 0, "duration": 1}]}],
}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "a.mp4", seconds=2, audio="stereo", gop=10)
    make_clip(folder / "b.webm", seconds=1, size=(64, 48))
    return folder


@asynccontextmanager
async def opened(tmp_path: Path, grant: Grant | None = None) -> AsyncIterator[Ask]:
    """Open services; yields a function that decodes params as the wire does and calls a handler."""
    folders = {name: str(tmp_path / name) for name in ("dataDir", "cacheDir", "tempDir")}
    options = ServiceOptions(arguments=folders, environ={"SIDECAR_CONFIG_DIR": str(tmp_path)})
    with trio.fail_after(PATIENCE):
        async with open_services(options) as services:

            async def nothing() -> None:
                """Nothing drains here."""

            peer = Peer(wake=lambda: None, drain=nothing, quit=lambda: None, phase="ready", grant=grant or Grant())

            async def ask(method: str, **params: Any) -> Any:
                handler = HANDLERS[method]
                decoded = handler.decoder.decode(msgspec.json.encode(params))
                result = await handler.run(decoded, Call(services, "trace", peer))
                assert msgspec.json.decode(msgspec.json.encode(result))
                return result

            yield ask


async def test_probe_over_the_wire(tmp_path: Path, media: Path) -> None:
    async with opened(tmp_path) as ask:
        info: MediaInfo = await ask("media.probe", path=str(media / "a.mp4"), index="keyframes")
        assert (info.container, info.duration, len(info.keyframes or [])) == ("mp4", "2/1", 5)
        assert (info.video[0].frame_rate, info.audio[0].layout) == ("25", "stereo")
        assert not info.cached
        again: MediaInfo = await ask("media.probe", path=f"file://{media}/%61.mp4")
        assert again.cached
        assert again.path == f"file://{media}/%61.mp4"
        with pytest.raises(MediaNotFound):
            await ask("media.probe", path=str(media / "none.mp4"))
        with pytest.raises(MediaUnsupported):
            await ask("media.probe", path="file://elsewhere/a.mp4")
        with pytest.raises(MediaNotFound):
            await ask("media.probe", path="https://example.com/a.mp4")


async def test_probe_and_commands_keep_to_the_roots(tmp_path: Path, media: Path) -> None:
    outside = make_clip(tmp_path / "out.mp4", seconds=0.2)
    async with opened(tmp_path, Grant(read=(media.resolve(),), write=())) as ask:
        assert (await ask("media.probe", path=str(media / "a.mp4"))).video
        for parameters in ({"path": str(outside)}, {"path": f"file:{outside}"}, {"path": f"{media}/../out.mp4"}):
            with pytest.raises(PermissionDenied):
                await ask("media.probe", **parameters)
            with pytest.raises(PermissionDenied):
                await ask("ffmpeg.command", builder="probe", parameters=parameters)
            with pytest.raises(PermissionDenied):
                await ask("ffmpeg.command", builder="gif", parameters=parameters)
        inside = {"path": str(media / "a.mp4")}
        with pytest.raises(PermissionDenied):
            await ask("ffmpeg.command", builder="gif", parameters=inside, output=str(tmp_path / "a.gif"))
        assert (await ask("ffmpeg.command", builder="gif", parameters=inside)).argv[-1] == "file:preview.gif"


def parameters_of(media: Path) -> dict[str, dict[str, Any]]:
    path = {"path": str(media / "a.mp4")}
    return {
        "render": {"project": {"inline": PROJECT, "basePath": str(media)}},
        "thumbnails": {**path, "count": 3},
        "videoPreview": {**path, "duration": 1},
        "waveform": path,
        "gif": {**path, "duration": 1},
        "concat": {"paths": [str(media / "a.mp4"), str(media / "b.webm")]},
        "filterPreview": {**path, "effect": {"type": "blur"}},
        "probe": path,
        "hwaccelTest": {"codec": "h264"},
        "subtitlePreview": {**path, "cues": [{"text": "Hello"}]},
    }


async def test_every_builder_is_shown_and_runs_as_shown(tmp_path: Path, media: Path) -> None:
    wanted = parameters_of(media)
    assert set(wanted) == set(get_args(Builder))
    async with opened(tmp_path) as ask:
        for builder, parameters in wanted.items():
            work = tmp_path / builder
            work.mkdir()
            built: BuiltCommand = await ask("ffmpeg.command", builder=builder, parameters=parameters)
            assert built.builder == builder
            for file in built.files:
                (work / file.name).write_text(file.text)
            with trio.fail_after(PATIENCE):
                done = await trio.run_process(
                    built.argv,
                    cwd=work,
                    stdin=subprocess.DEVNULL,
                    capture_stdout=True,
                    capture_stderr=True,
                    check=False,
                )
            assert done.returncode == 0, done.stderr.decode()
            if builder != "probe":
                assert built.graph
    written = {path.name for folder in wanted for path in (tmp_path / folder).iterdir() if path.suffix != ".ass"}
    assert written >= {
        "output.mp4",
        "thumbnail-0001.jpeg",
        "thumbnail-0003.jpeg",
        "preview.mp4",
        "waveform.png",
        "preview.gif",
        "joined.mp4",
        "filter.png",
        "subtitle.png",
    }
    assert read_numbers(tmp_path / "render" / "output.mp4") == list(range(25))
    assert decode_rgb(tmp_path / "subtitlePreview" / "subtitle.png")[0].shape == (96, 192, 3)


async def test_render_parameters_reach_the_plan(tmp_path: Path, media: Path) -> None:
    project = {"inline": PROJECT, "basePath": str(media)}
    async with opened(tmp_path) as ask:
        part = {
            "project": project,
            "range": {"from": {"frame": 5}, "to": {"frame": 15}},
            "export": {"container": "mkv"},
        }
        output = tmp_path / "-r 100%d.mkv"
        built: BuiltCommand = await ask("ffmpeg.command", builder="render", parameters=part, output=str(output))
        assert built.argv[-1] == f"file:{output}"
        with trio.fail_after(PATIENCE):
            await trio.run_process(built.argv, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_stderr=True)
        assert read_numbers(output) == list(range(5, 15))
        empty = {**PROJECT, "tracks": []}
        with pytest.raises(NothingToRender):
            await ask("ffmpeg.command", builder="render", parameters={"project": {"inline": empty}})
        with pytest.raises(InvalidProject):
            await ask("ffmpeg.command", builder="render", parameters={"project": {"inline": {**empty, "width": 3}}})


@pytest.mark.parametrize(
    ("builder", "parameters", "place"),
    [
        ("gif", {}, "/parameters"),
        ("gif", {"path": "a", "fps": 51}, "/parameters/fps"),
        ("gif", {"path": "a", "vf": "movie=x"}, "/parameters"),
        ("subtitlePreview", {"path": "a", "cues": [{"text": 1}]}, "/parameters/cues/0/text"),
        ("subtitlePreview", {"path": "a", "cues": [{"text": "", "style": {"preset": "neo"}}]}, "/parameters/cues/0"),
        ("hwaccelTest", {"codec": "prores", "family": "nvenc"}, "/parameters/codec"),
        ("render", {"project": 1}, "/parameters/project"),
        ("gif", {"path": "a", "start": "soon"}, "/parameters/start"),
        ("thumbnails", {"path": "a", "times": [1, "soon"]}, "/parameters/times/1"),
        ("waveform", {"path": "a", "duration": "1/0"}, "/parameters/duration"),
        ("concat", {"paths": ["a", "b"], "frameRate": "x"}, "/parameters/frameRate"),
        ("filterPreview", {"path": "a", "effect": {"type": "blur", "end": "x"}}, "/parameters/effect/end"),
    ],
)
async def test_parameters_are_strict(tmp_path: Path, builder: str, parameters: dict[str, Any], place: str) -> None:
    async with opened(tmp_path) as ask:
        with pytest.raises(InvalidParams) as caught:
            await ask("ffmpeg.command", builder=builder, parameters=parameters)
        assert caught.value.path == place


async def test_previews_of_effects_are_judged_by_the_catalogue(tmp_path: Path, media: Path) -> None:
    path = str(media / "a.mp4")
    cube = tmp_path / "flat.cube"
    cube.write_text("LUT_1D_SIZE 2\n0 0 0\n0 0 0\n")

    async with opened(tmp_path) as ask:

        async def shown(effect: dict[str, Any]) -> BuiltCommand:
            built: BuiltCommand = await ask(
                "ffmpeg.command", builder="filterPreview", parameters={"path": path, "effect": effect}
            )
            return built

        assert any(
            file.name.endswith(".cube")
            for file in (await shown({"type": "lut", "parameters": {"path": str(cube)}})).files
        )
        with pytest.raises(EffectUnknown) as unknown:
            await shown({"type": "blurry"})
        assert unknown.value.nearest == "blur"
        for wrong, pointer in (
            ({"type": "blur", "parameters": {"radius": 201}}, "/parameters/effect/parameters/radius"),
            ({"type": "blur", "parameters": {"radius,negate": 1}}, "/parameters/effect/parameters/radius,negate"),
            ({"type": "reverb"}, "/parameters/effect/type"),
            ({"type": "lut", "parameters": {"path": path}}, "/parameters/effect/parameters/path"),
        ):
            with pytest.raises(EffectInvalid) as invalid:
                await shown(wrong)
            assert invalid.value.pointer == pointer
        with pytest.raises(MediaNotFound):
            await shown({"type": "lut", "parameters": {"path": str(tmp_path / "none.cube")}})
        with pytest.raises(InvalidParams):
            await shown({"type": "blur", "start": "soon"})


async def test_capabilities_name_what_is_bundled(tmp_path: Path) -> None:
    async with opened(tmp_path) as ask:
        found: Capabilities = await ask("ffmpeg.capabilities")
        assert {"libx264", "libx265", "libvpx-vp9", "libopus"} <= set(found.encoders)
        assert "palettegen" in found.filters
