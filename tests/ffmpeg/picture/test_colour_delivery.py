"""What is written shows what was meant: in every codec and pixel format, tagged, with alpha where there is any."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.project.export import Container, PixelFormat, VideoCodec
from protocol.project.formats import CONTAINERS, VIDEO_CODECS, has_alpha
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture.convert import Formats, formats
from sidecar.ffmpeg.builder.picture.output import delivered
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.codecs import VIDEO_ENCODERS
from tests.ffmpeg.picture.planes import through
from tests.ffmpeg.picture.shown import frames_of, shown
from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames, render

PURE = ("#FF0000", "#00FF00", "#0000FF", "#FFFFFF", "#000000")
HELD: tuple[Container, ...] = ("mov", "mkv", "mp4", "webm")
PAIRS: list[tuple[VideoCodec, PixelFormat]] = [
    (codec, pixel_format)
    for codec, facts in VIDEO_CODECS.items()
    if codec in VIDEO_ENCODERS and any(codec in CONTAINERS[name].video for name in HELD)
    for pixel_format in facts.pixel_formats
]
ALPHA: list[tuple[Container, VideoCodec, PixelFormat]] = [
    ("webm", "vp9", "yuva420p"),
    ("mkv", "vp9", "yuva444p10le"),
    ("mov", "prores", "yuva444p10le"),
    ("mkv", "ffv1", "yuva420p"),
    ("mkv", "ffv1", "yuva444p10le"),
    ("mov", "png", "yuva420p"),
]


def rgb(color: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255


def export(container: Container, codec: VideoCodec, pixel_format: PixelFormat, **members: Any) -> dict[str, Any]:
    video = {"codec": codec, "pixelFormat": pixel_format, "quality": 100, "preset": "fastest"}
    return {"container": container, "audio": None, "video": video, **members}


@pytest.mark.parametrize(("codec", "pixel_format"), PAIRS)
def test_pure_colours_decode_as_themselves(codec: VideoCodec, pixel_format: PixelFormat, tmp_path: Path) -> None:
    facts = VIDEO_CODECS[codec]
    places = facts.alpha_in if has_alpha(pixel_format) else HELD
    container = next(name for name in HELD if codec in CONTAINERS[name].video and name in places)
    clips = [clip(color, index * 0.08, 0.08) for index, color in enumerate(PURE)]
    size = (256, 128) if codec == "dnxhr" else (64, 64)
    raw = project({"clips": clips}, size=size, export=export(container, codec, pixel_format))
    target = tmp_path / f"out.{container}"
    render(raw, tmp_path, target)
    frames = frames_of(target)
    assert len(frames) == 2 * len(PURE)
    for index, color in enumerate(PURE):
        found = shown(frames[2 * index + 1], size[0] // 2, size[1] // 2)
        assert np.abs(found[:3] - rgb(color)).max() * 255 <= 2, (color, found * 255)


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "h264"),
        ("mp4", "hevc"),
        ("mp4", "av1"),
        ("mov", "h264"),
        ("mov", "prores"),
        ("mkv", "h264"),
        ("mkv", "ffv1"),
        ("webm", "vp9"),
        ("webm", "av1"),
    ],
)
def test_files_say_what_their_colour_is(container: Container, codec: VideoCodec, tmp_path: Path) -> None:
    pixel_format: PixelFormat = "yuv422p10le" if codec == "prores" else "yuv420p"
    raw = project({"clips": [clip("#C87828", 0, 0.08)]}, export=export(container, codec, pixel_format))
    render(raw, tmp_path, tmp_path / f"out.{container}")
    with av.open(str(tmp_path / f"out.{container}")) as read:
        context = read.streams.video[0].codec_context
        read_as = (int(context.color_primaries), int(context.color_trc), int(context.colorspace))
        assert read_as == (1, 1, 1)
        frame = next(read.decode(video=0))
    assert int(frame.color_range or 0) == 1


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of (200, 120, 40) whose alpha rises from left to right, 0-1: straight, as each codec keeps it."""
    folder = tmp_path_factory.mktemp("alpha")
    rising = "format=gbrap,geq=r=200:g=120:b=40:a='X*255/(W-1)'"
    members: dict[str, Any] = {"seconds": 0.2, "size": (256, 128), "picture": "#C87828"}
    make_clip(folder / "a.png", **members, filters=f"{rising},format=rgba")
    both = ":".join(f"{name}{side}=709" for name in ("primaries", "transfer") for side in ("in", ""))
    to_yuv = f"zscale=matrixin=gbr:rangein=full:matrix=709:range=limited:{both}:threads=1"
    tags = ("tv", "bt709", "bt709", "bt709")
    for name, codec, pixel_format in (
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("a.mov", "prores_ks", "yuva444p10le"),
    ):
        made = f"{rising},{to_yuv},format={pixel_format}"
        make_clip(folder / name, **members, codec=codec, pixel_format=pixel_format, filters=made, color=tags)
    return folder


@pytest.mark.parametrize("written", ALPHA)
@pytest.mark.parametrize("source", ["a.png", "a.webm", "a.mov"])
def test_alpha_goes_through(
    source: str, written: tuple[Container, VideoCodec, PixelFormat], media: Path, tmp_path: Path
) -> None:
    """At half its opacity on a transparent background, and letterboxed."""
    container, codec, pixel_format = written
    raw = project(
        {"clips": [clip(str(media / source), 0, 0.2, opacity=0.5)]},
        size=(256, 128),
        background="#00000000",
        export=export(container, codec, pixel_format, width=256, height=192),
    )
    target = tmp_path / f"out.{container}"
    render(raw, tmp_path, target)
    frames = frames_of(target, decoder="libvpx-vp9" if codec == "vp9" else None)
    assert len(frames) == 5
    for x in (64, 128, 200):
        found = shown(frames[2], x, 96, spread=1) * 255
        assert found[3] == pytest.approx(x / 255 * 127.5, abs=2.5)
        assert found[:3] == pytest.approx((200, 120, 40), abs=5), x
    assert shown(frames[2], 128, 16)[3] == 0, "the bars are the background, transparent"


@pytest.mark.parametrize("pixel_format", ["yuva420p", "yuva444p10le"])
def test_what_covers_a_transparent_background_is_opaque(pixel_format: PixelFormat, tmp_path: Path) -> None:
    """Composed in the export's own format for a while, and with alpha for another."""
    make_clip(tmp_path / "a.mkv", seconds=0.4, picture="#C87828", codec="ffv1", color=("tv", "bt709", "bt709", "bt709"))
    raw = project(
        {"clips": [clip("a.mkv", 0, 0.2), clip("a.mkv", 0.2, 0.2, transform={"scaleX": 0.5})]},
        background="#00000000",
        export=export("mkv", "ffv1", pixel_format),
    )
    render(raw, tmp_path, tmp_path / "out.mkv")
    frames = frames_of(tmp_path / "out.mkv")
    assert len(frames) == 10
    for frame in frames:
        assert shown(frame, 96, 48) * 255 == pytest.approx((200, 120, 40, 255), abs=2)
    assert [shown(frame, 10, 48)[3] for frame in frames] == [1] * 5 + [0] * 5


def test_a_background_shows_through_in_part(tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#FF0000", 0, 0.04, transform={"scaleX": 0.5})]},
        background="#0000FF80",
        export=export("mkv", "ffv1", "yuva444p10le"),
    )
    render(raw, tmp_path, tmp_path / "out.mkv")
    frame = frames_of(tmp_path / "out.mkv")[0]
    assert shown(frame, 96, 48) == pytest.approx((1, 0, 0, 1), abs=0.004)
    assert shown(frame, 20, 48) == pytest.approx((0, 0, 1, 128 / 255), abs=0.004)
    boxed = {**raw, "export": export("mkv", "ffv1", "yuva420p", width=192, height=192)}
    render(boxed, tmp_path, tmp_path / "boxed.mkv")
    frame = frames_of(tmp_path / "boxed.mkv")[0]
    for y in (20, 96, 170):
        assert shown(frame, 20, y) == pytest.approx((0, 0, 1, 128 / 255), abs=0.012), y
    opaque = {**raw, "export": export("mkv", "ffv1", "yuv444p")}
    render(opaque, tmp_path, tmp_path / "over.mkv")
    assert shown(frames_of(tmp_path / "over.mkv")[0], 20, 48) == pytest.approx((0, 0, 128 / 255, 1), abs=0.006)


def _delivered(chosen: Formats, alpha: bool, stream: Stream, _: SideFiles) -> Stream:  # noqa: FBT001 - a partial
    return delivered(stream, chosen, alpha=alpha)


@pytest.mark.parametrize("final", ["yuv420p", "yuv422p10le", "yuv444p10le", "yuva444p10le", "yuva420p"])
def test_what_is_transparent_is_divided_out_or_over_black(final: PixelFormat, tmp_path: Path) -> None:
    chosen = formats(final)
    color, opacity = np.array([0.8, 0.4, 0.2]), 0.5
    frame = np.concatenate([color * opacity, [opacity]])[None, :, None, None] * np.ones((1, 1, 16, 16))
    for alpha in (True, False):
        source = frame if alpha else frame[:, :3]
        wide = chosen.alpha if alpha else chosen.full
        flat = through(source, wide, partial(_delivered, chosen, alpha), final, tmp_path)[0]
        divided = alpha and has_alpha(final)
        r, g, b = color if divided else color * opacity
        unit = 4 if chosen.deep else 1
        # Of 8 bits what was multiplied by alpha is divided again to the level below.
        near = 1.2 if divided and not chosen.deep else 0.6
        luma = (16 + 219 * (0.2126 * r + 0.7152 * g + 0.0722 * b)) * unit
        assert flat[:256].mean() == pytest.approx(luma, abs=near)
        if has_alpha(final):
            most = 256 * unit - 1
            assert flat[-256:].mean() == pytest.approx(most * (opacity if alpha else 1), abs=0.6)


def test_dither_is_fixed_and_keeps_the_mean(tmp_path: Path) -> None:
    """A grey between two levels of 10 bits is a mix of both, the same on every frame; 8 bits are never dithered."""
    chosen = formats("yuv444p10le")
    level = (64 + 876 * 0.5 + 0.25 - 64) / 876
    grey = np.full((3, 3, 32, 32), level)
    flat = through(grey, "gbrp16le", lambda stream, _: delivered(stream, chosen, alpha=False), "yuv444p10le", tmp_path)
    luma = flat[:, : 32 * 32]
    assert (luma == luma[0]).all()
    assert set(np.unique(luma)) == {502, 503}
    assert luma.mean() == pytest.approx(502.25, abs=0.05)
    eight = through(
        grey, "gbrp", lambda stream, _: delivered(stream, formats("yuv444p"), alpha=False), "yuv444p", tmp_path
    )
    assert len(np.unique(eight[:, : 32 * 32])) == 1


@pytest.mark.parametrize("final", ["yuv420p", "yuv420p10le", "yuva420p", "yuva444p10le"])
def test_any_window_is_given_the_same_frames(final: PixelFormat, tmp_path: Path) -> None:
    """Controls with keyframes, alpha and dither included."""
    make_clip(tmp_path / "a.mkv", seconds=0.8, codec="ffv1")
    half = "format=rgba,colorchannelmixer=aa=0.5"
    make_clip(tmp_path / "b.png", size=(96, 96), picture="#C87828", filters=half)

    def rising(low: float, high: float) -> dict[str, Any]:
        return {"keyframes": [{"time": 0, "value": low}, {"time": 0.8, "value": high}]}

    below = clip("a.mkv", 0, 0.8, color={"saturation": rising(0, 2), "brightness": rising(-0.2, 0.3)}, opacity=0.7)
    above = clip("b.png", 0.2, 0.4, color={"hue": rising(0, 90)}, opacity=rising(0.3, 1))
    background = "#00000040" if has_alpha(final) else "#203040"
    raw = project({"clips": [below]}, {"clips": [above]}, background=background, export=export("mkv", "ffv1", final))
    whole = raw_frames(raw, tmp_path, pixel_format=final)
    part = raw_frames(raw, tmp_path, window=(3, 13), pixel_format=final)
    assert np.array_equal(whole[3:13], part)
