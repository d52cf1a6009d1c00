"""What is written: counts, sizes, rates, codecs, tags, chapters; and the same bytes every time."""

from __future__ import annotations

import itertools
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.project.export import PixelFormat
from protocol.project.formats import CONTAINERS, VIDEO_CODECS
from sidecar.ffmpeg.builder.encode_video import scaled_quality
from tests.harness.media import decode_rgb, make_clip, read_numbers
from tests.harness.rendering import clip, project, raw_frames, render

RATES = ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "numbered.mp4", seconds=3, rate="25", gop=25)
    make_clip(folder / "moving.mp4", seconds=1, size=(256, 128), picture="testsrc2")
    for rate in RATES:
        make_clip(folder / f"own-{rate.replace('/', '-')}.mkv", seconds=1, rate=rate)
    return folder


@pytest.mark.parametrize("rate", RATES)
def test_as_many_frames_as_planned_and_every_one_once(rate: str, media: Path, tmp_path: Path) -> None:
    name = f"own-{rate.replace('/', '-')}.mkv"
    wanted = read_numbers(media / name)
    target = tmp_path / "out.mp4"
    raw = project(
        {"clips": [clip(name, 0, str(len(wanted) / Fraction(rate)))]},
        rate=rate,
        export={"audio": None, "video": {"quality": 90}},
    )
    command = render(raw, media, target)
    assert read_numbers(target) == wanted
    assert command.frames == len(wanted)
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == Fraction(rate)
        assert stream.start_time in (0, None)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == len(wanted) / Fraction(rate)


CASES: list[tuple[str, dict[str, Any]]] = [
    ("mp4", {}),
    ("mp4", {"codec": "hevc", "preset": "fastest", "maxBitrate": 900_000}),
    ("mp4", {"rateControl": "bitrate", "bitrate": 400_000, "maxBitrate": 500_000, "bFrames": 1, "profile": "main"}),
    ("mp4", {"codec": "mpeg4", "bFrames": 1}),
    ("mp4", {"codec": "mpeg4", "rateControl": "bitrate", "bitrate": 400_000}),
    ("mp4", {"codec": "av1", "preset": "fastest", "maxBitrate": 600_000}),
    (
        "mkv",
        {
            "codec": "av1",
            "preset": "fastest",
            "pixelFormat": "yuv420p10le",
            "rateControl": "bitrate",
            "bitrate": 300_000,
        },
    ),
    ("mkv", {"codec": "hevc", "preset": "fastest", "rateControl": "lossless", "bFrames": 2}),
    ("mkv", {"codec": "h264", "rateControl": "lossless", "pixelFormat": "yuv444p10le"}),
    ("mkv", {"codec": "vp9", "rateControl": "lossless", "preset": "fastest", "pixelFormat": "gbrp"}),
    ("webm", {"preset": "fastest"}),
    ("webm", {"preset": "fastest", "rateControl": "bitrate", "bitrate": 300_000}),
    ("mov", {"codec": "prores", "pixelFormat": "yuv422p10le"}),
    ("mov", {"codec": "prores", "pixelFormat": "yuv444p10le", "profile": "4444"}),
    ("mkv", {"codec": "dnxhr", "pixelFormat": "yuv422p", "quality": 30}),
    ("mov", {"codec": "dnxhr", "pixelFormat": "yuv422p10le"}),
    ("mkv", {"codec": "ffv1", "pixelFormat": "yuv422p10le"}),
    ("mov", {"codec": "png", "pixelFormat": "gbrp"}),
    ("avi", {}),
    ("avi", {"codec": "mpeg4", "quality": 100}),
]


@pytest.mark.parametrize(("container", "video"), CASES)
def test_every_codec_is_written_and_read_back(
    container: str, video: dict[str, Any], media: Path, tmp_path: Path
) -> None:
    raw = project(
        {"clips": [clip("moving.mp4", 0, 0.4)]},
        size=(256, 128),
        export={"container": container, "audio": None, "video": video},
    )
    target = tmp_path / f"out.{container}"
    render(raw, media, target)
    first = target.read_bytes()
    render(raw, media, target)
    assert target.read_bytes() == first, "the same bytes every time"
    wanted = raw_frames(raw, media).astype(int)
    found = np.stack(decode_rgb(target)).astype(int)
    assert len(found) == 10
    assert np.abs(found - wanted).mean() < 12
    with av.open(str(target)) as read:
        stream = read.streams.video[0]
        codec = video.get("codec") or CONTAINERS[container].video[0]  # type: ignore[index]
        names = {"prores": "prores", "dnxhr": "dnxhd", "av1": "libdav1d"}
        assert stream.codec_context.name in (codec, names.get(codec))
        wanted_format = video.get("pixelFormat", "yuv420p")
        # The decoders of PNG and of ProRes 4444 have formats of their own.
        read_as = {("png", "gbrp"): "rgb24", ("prores", "yuv444p10le"): "yuv444p12le"}
        assert stream.codec_context.pix_fmt == read_as.get((codec, wanted_format), wanted_format)


def test_the_colour_is_tagged(media: Path, tmp_path: Path) -> None:
    for container in ("mp4", "mkv", "webm"):
        raw = project(
            {"clips": [clip("moving.mp4", 0, 0.08)]}, size=(256, 128), export={"container": container, "audio": None}
        )
        render(raw, media, tmp_path / f"a.{container}")
        with av.open(str(tmp_path / f"a.{container}")) as read:
            context = read.streams.video[0].codec_context
            assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 1)


def test_another_export_rate_picks_the_frame_on_screen(media: Path, tmp_path: Path) -> None:
    for rate in ("30", "60000/1001", "10", "24000/1001"):
        raw = project(
            {"clips": [clip("numbered.mp4", 0, 1.52)]},
            export={
                "container": "mkv",
                "audio": None,
                "frameRate": rate,
                "video": {"codec": "ffv1"},
                "range": [0.2, 1.4],
            },
        )
        command = render(raw, media, tmp_path / "out.mkv")
        found = read_numbers(tmp_path / "out.mkv")
        count = int(30 / Fraction(25) * Fraction(rate) + Fraction(1, 2))
        assert found == [5 + int(n / Fraction(rate) * 25) for n in range(count)]
        assert command.frames == count


@pytest.mark.parametrize(
    ("size", "bars"), [((384, 192), None), ((192, 192), (48, 0)), ((384, 96), (0, 96)), ((100, 50), None)]
)
def test_another_export_size_is_contained(size: tuple[int, int], bars: tuple[int, int] | None, tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#FFFFFF", 0, 0.08)]},
        {"clips": [clip("#0000FF", 0, 0.08, transform={"scaleX": 0.5, "scaleY": 0.5})]},
        background="#FF0000",
        export={
            "container": "mkv",
            "audio": None,
            "width": size[0],
            "height": size[1],
            "video": {"codec": "ffv1", "pixelFormat": "yuv444p"},
        },
    )
    frame = raw_frames(raw, tmp_path)[0].astype(int)
    assert frame.shape[:2] == (size[1], size[0])
    blue = frame[size[1] // 2, size[0] // 2]
    assert tuple(blue) == pytest.approx((0, 0, 255), abs=2)
    red = (frame[:, :, 0] > 200) & (frame[:, :, 1] < 60)
    if bars is None:
        assert not red.any()
    else:
        rows, columns = bars
        assert red[:rows].all()
        assert red[size[1] - rows :].all()
        assert red[:, :columns].all()
        assert red[:, size[0] - columns :].all()
        assert red.sum() == size[0] * size[1] - (size[0] - 2 * columns) * (size[1] - 2 * rows)


def test_quality_is_monotonous_on_every_scale() -> None:
    for encoder in ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "mpeg4"):
        values = [scaled_quality(encoder, quality) for quality in range(101)]
        assert values == sorted(values, reverse=True)


def test_every_pixel_format_of_every_codec_is_accepted(media: Path, tmp_path: Path) -> None:
    """What the check lets through, the encoder takes (formats with alpha are not built)."""
    home = {"prores": "mov", "dnxhr": "mkv", "png": "mov"}
    for codec, facts in VIDEO_CODECS.items():
        if codec in ("gif", "webp"):
            continue
        formats: list[PixelFormat] = [name for name in facts.pixel_formats if not name.startswith("yuva")]
        for pixel_format in formats:
            video = {"codec": codec, "pixelFormat": pixel_format, "preset": "fastest"}
            raw = project(
                {"clips": [clip("moving.mp4", 0, 0.04)]},
                size=(256, 128),
                export={"container": home.get(codec, "mkv"), "audio": None, "video": video},
            )
            target = tmp_path / f"{codec}-{pixel_format}.{home.get(codec, 'mkv')}"
            render(raw, media, target)
            assert len(decode_rgb(target)) == 1, (codec, pixel_format)


def test_markers_become_chapters_and_titles_tags(media: Path, tmp_path: Path) -> None:
    shutil.copy(media / "moving.mp4", tmp_path / "moving.mp4")
    markers = [
        {"time": 0.1, "name": "a=b;c#d\\e\nf", "chapter": True},
        {"time": 0.5, "duration": 0.2, "name": "two", "chapter": True},
        {"time": 0.6, "name": "none"},
        {"time": 9, "name": "after", "chapter": True},
    ]
    export = {
        "container": "mp4",
        "audio": None,
        "metadata": {"title": "It's; a = title", "artist": "me"},
        "range": [0.2, 0.9],
    }
    render(
        project({"clips": [clip("moving.mp4", 0, 1)]}, size=(256, 128), markers=markers, export=export),
        tmp_path,
        tmp_path / "o.mp4",
    )
    with av.open(str(tmp_path / "o.mp4")) as read:
        assert read.metadata["title"] == "It's; a = title"
        assert read.metadata["artist"] == "me"
        found = []
        for chapter in read.chapters():
            base = chapter["time_base"]
            assert base is not None
            found.append((chapter["start"] * base, chapter["end"] * base, chapter["metadata"]["title"]))
    assert [(float(start), float(end), title) for start, end, title in found] == [
        (0, 0.3, "a=b;c#d\\e\nf"),
        (0.3, 0.5, "two"),
    ]


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm", "avi"])
def test_sound_does_not_move_the_picture(container: str, tmp_path: Path) -> None:
    """Encoders begin their sound with priming, at times below zero."""
    target = tmp_path / f"out.{container}"
    render(project({"clips": [clip("#204080", 0, 0.4)]}, export={"container": container}), tmp_path, target)
    with av.open(str(target)) as film:
        picture = film.streams.video[0]
        assert picture.time_base is not None
        shown = sorted(frame.pts * picture.time_base for frame in film.decode(picture) if frame.pts is not None)
    gaps = [after - before for before, after in itertools.pairwise(shown)]
    assert len(gaps) == 9
    assert all(abs(gap - Fraction(1, 25)) <= Fraction(1, 500) for gap in gaps), gaps
