"""What is fed as raw frames is composed to the same bytes as what FFmpeg decodes from the file itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.harness.feeding import command_of, composed, composed_of, pixel_format_of
from tests.harness.media import make_clip
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.rendering import clip, project, raw_frames, timeline_of

RATE = "25"
FRAMES = 12

SOURCES: dict[str, dict[str, Any]] = {
    "h264.mp4": {"rate": "24000/1001", "gop": 12, "b_frames": 3},
    "hevc.mkv": {"codec": "libx265", "gop": 12},
    "vp9.webm": {"rate": "30", "gop": 12},
    "av1.mp4": {"codec": "libsvtav1", "gop": 12},
    "mpeg2.ts": {"gop": 12, "b_frames": 2, "start": 6.4},
    "mpeg4.avi": {"gop": 12, "b_frames": 1},
    "turned.mp4": {"rotation": 90},
    "mirrored.mp4": {"rotation": 180, "mirrored": True},
    "anamorphic.mp4": {"pixel_aspect": "16/11"},
    "deep.mp4": {"pixel_format": "yuv420p10le"},
    "full.mp4": {"color": ("pc", "bt709", "bt709", "bt709")},
    "mjpeg.mkv": {"codec": "mjpeg", "pixel_format": None, "filters": "format=yuvj422p"},
    "sampled.mkv": {"pixel_format": "yuv444p"},
    "wide.mkv": {"pixel_format": "yuv422p10le", "color": ("tv", "bt2020nc", "bt2020", "bt709")},
    "hdr.mkv": {"codec": "libx265", "pixel_format": "yuv420p10le", "color": ("tv", "bt2020nc", "bt2020", "smpte2084")},
    "rgb.mkv": {"codec": "ffv1", "pixel_format": "gbrp"},
    "clear.webm": {"pixel_format": "yuva420p", "filters": "format=yuva420p,fade=out:5:15:alpha=1"},
    "clear8.webm": {
        "codec": "libvpx",
        "pixel_format": "yuva420p",
        "filters": "format=yuva420p,fade=out:5:15:alpha=1",
        "options": ["-auto-alt-ref", "0"],
    },
    "clear.mov": {
        "codec": "prores_ks",
        "pixel_format": "yuva444p10le",
        "filters": "format=yuva444p10le,fade=out:5:15:alpha=1",
    },
    "png.mov": {"codec": "png", "filters": "format=rgba,fade=out:5:15:alpha=1"},
    "grey.mkv": {"codec": "ffv1", "pixel_format": "gray"},
    "palette.gif": {"rate": "10"},
    "still.png": {"filters": "format=rgba,colorchannelmixer=aa=0.6"},
    "still.jpg": {},
    "fields.mkv": {"codec": "mpeg2video", "interlaced": True},
    "variable.mp4": {"rate": "30", "variable": True, "b_frames": 2},
    "variable.webm": {"rate": "24", "variable": True},
}
"""Sources by name, as `make_clip` is told."""

UNFED = {"fields.mkv"}

REAL = (
    "rotated-90.mov",
    "vp9-odd-161x121.webm",
    "edit-list-starts-1s.mp4",
    "mpegts-starts-1.5s.ts",
    "h264-10bit.mp4",
    "nasa-2-video-2-audio-2-subtitle.mp4",
)

TIMINGS: dict[str, dict[str, Any]] = {
    "slow": {"speed": 0.37, "sourceStart": 0.31},
    "fast": {"speed": 1.5, "sourceStart": 0.08},
    "late": {"speed": 0.3, "sourceStart": 0.77},
    "reverse": {"reverse": True, "speed": 1.4, "sourceStart": 0.1},
    "frozen": {"freeze": True, "sourceStart": 0.5},
    "ramp": {
        "timeMap": [
            {"time": 0, "source": 0.7, "easing": "easeInOut"},
            {"time": 0.3, "source": 0.1},
            {"time": 0.5, "source": 0.9},
        ]
    },
    "blend": {"retime": "blend", "speed": 0.4, "sourceStart": 0.2},
    "blended back": {"retime": "blend", "speed": 0.6, "reverse": True},
    "motion": {"retime": "motion", "speed": 0.45, "sourceStart": 0.2},
}


Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Make:
    folder = tmp_path_factory.mktemp("sources")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            make_clip(path, **{"picture": "testsrc2", "size": (96, 64), **SOURCES[name]})
        return path

    return make


def agree(raw: Mapping[str, Any], base: Path, *, fed: bool = True) -> None:
    """Hold fed frames, all together and one by one, to those of a render."""
    timeline = timeline_of(raw, base)
    pixel_format = pixel_format_of(timeline)
    rendered = raw_frames(raw, base, pixel_format=pixel_format)
    whole = (0, timeline.frames)
    assert bool(command_of(timeline, window=whole).feeds) is fed
    assert composed(timeline, base, window=whole) == rendered.tobytes()
    for frame in (timeline.frames // 2 - 1, timeline.frames - 1):
        assert composed(timeline, base, window=(frame, frame + 1)) == rendered[frame].tobytes(), frame


def shots(name: str, **members: Any) -> dict[str, Any]:
    """A picture as it lies, then turned over a colour, then with a colour control."""
    length, source = f"{FRAMES // 3}/{RATE}", {"kind": "file", "path": name, "audioStream": None}
    told: list[dict[str, Any]] = [
        {},
        {"transform": {"rotation": 20, "scaleX": 0.8}, "opacity": 0.7},
        {"color": {"saturation": 1.3}},
    ]
    clips = [
        clip(source, f"{number * (FRAMES // 3)}/{RATE}", length, sourceStart=round(0.1 + 0.13 * number, 2), **each)
        for number, each in enumerate(told)
    ]
    return project({"clips": [clip("#406080", 0, f"{FRAMES}/{RATE}")]}, {"clips": clips}, rate=RATE, **members)


@pytest.mark.parametrize("name", SOURCES)
def test_each_kind_of_source(name: str, source: Make) -> None:
    agree(shots(name), source(name).parent, fed=name not in UNFED)


@pytest.mark.parametrize("name", ["h264.mp4", "hevc.mkv", "deep.mp4", "full.mp4", "mjpeg.mkv", "rgb.mkv"])
def test_what_decoders_make_smaller_is_what_ffmpeg_does(name: str, source: Make) -> None:
    base = source(name).parent
    timeline = timeline_of(shots(name), base)
    whole, small = (0, timeline.frames), (48, 24)
    assert any(feed.reduction is not None for feed in command_of(timeline, window=whole, size=small).feeds)
    found = composed(timeline, base, window=whole, size=small)
    assert found == composed(timeline, base, window=whole, size=small, fed=False)


def test_nothing_is_made_smaller_of_frames_of_the_own_size(source: Make) -> None:
    timeline = timeline_of(shots("h264.mp4", size=(48, 24)), source("h264.mp4").parent)
    feeds = command_of(timeline, window=(0, timeline.frames)).feeds
    assert feeds
    assert all(feed.reduction is None for feed in feeds)


@pytest.mark.parametrize("name", ["h264.mp4", "deep.mp4", "hdr.mkv", "mjpeg.mkv", "clear.webm"])
def test_a_deep_export_with_alpha(name: str, source: Make) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuva444p10le"}}
    agree(shots(name, export=export, background="#00000000"), source(name).parent)


READINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("full.mp4", {"range": "limited", "transfer": "hlg", "primaries": "bt2020"}),
    ("mjpeg.mkv", {"range": "limited"}),
    ("h264.mp4", {"range": "full", "matrix": "bt601", "rotation": 270, "pixelAspect": "4/3"}),
    ("h264.mp4", {"frameRate": "30"}),
    ("clear.webm", {"alpha": "ignore"}),
    ("still.png", {"alpha": "premultiplied"}),
    ("fields.mkv", {"deinterlace": "off"}),
)


@pytest.mark.parametrize(("name", "interpret"), READINGS)
def test_each_reading(name: str, interpret: dict[str, Any], source: Make) -> None:
    raw = shots(name, media=[{"id": "m", "path": name, "interpret": interpret}])
    for each in raw["tracks"][1]["clips"]:
        each["source"] = {"kind": "file", "media": "m", "audioStream": None}
    agree(raw, source(name).parent)


def test_frames_whose_flags_change(tmp_path: Path) -> None:
    for name, fields in (("whole.ts", False), ("fields.ts", True)):
        make_clip(
            tmp_path / name,
            picture="testsrc2",
            size=(96, 64),
            seconds=0.2 + 0.4 * fields,
            interlaced=fields,
            start=0.2 * fields,
        )
    joined = b"".join((tmp_path / name).read_bytes() for name in ("whole.ts", "fields.ts"))
    (tmp_path / "mixed.ts").write_bytes(joined)
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv420p10le"}}
    agree(shots("mixed.ts", size=(96, 64), export=export), tmp_path)


@pytest.mark.parametrize("name", REAL if HAVE_MEDIA else ())
def test_files_made_by_others(name: str, tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [{}, {"transform": {"rotation": 9, "scaleX": 0.9}}, {"retime": "blend", "speed": 0.7}]
    found = {"kind": "file", "path": str(MEDIA / name), "audioStream": None}
    clips = [clip(found, f"{2 * number}/{RATE}", f"2/{RATE}", **each) for number, each in enumerate(told)]
    agree(project({"clips": clips}, rate=RATE), tmp_path)


@pytest.mark.parametrize("timing", TIMINGS)
def test_each_timing(timing: str, source: Make) -> None:
    base = source("h264.mp4").parent
    for name in ("h264.mp4", "variable.webm"):
        source(name)
        told = TIMINGS[timing]
        raw = project(
            {"clips": [clip({"kind": "file", "path": name, "audioStream": None}, 0, "15/25", **told)]}, rate=RATE
        )
        agree(raw, base)


def test_a_frame_of_a_fade_alone(source: Make) -> None:
    base = source("h264.mp4").parent
    raw = project({"clips": [clip("h264.mp4", 0, f"8/{RATE}", fadeIn=0.2)]}, rate=RATE, background="#204060")
    rendered = raw_frames(raw, base, pixel_format="yuv420p")
    for frame in (1, 3):
        # The colours of the test picture lie beyond the nominal range, and stay there however the fade is made.
        assert composed_of(raw, base, window=(frame, frame + 1)) == rendered[frame].tobytes()


def test_a_frame_of_a_grade_alone(source: Make) -> None:
    base = source("png.mov").parent
    contrast = {"keyframes": [{"time": 0, "value": 0.9}, {"time": 0.4, "value": 1.2}]}
    graded = clip({"kind": "file", "path": "png.mov"}, 0, f"8/{RATE}", color={"contrast": contrast})
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuva444p10le"}}
    raw = project({"clips": [graded]}, rate=RATE, background="#00000000", export=export)
    rendered = raw_frames(raw, base, pixel_format="yuva444p10le")
    assert composed_of(raw, base, window=(3, 4)) == rendered[3].tobytes()


def test_a_loop(source: Make) -> None:
    name = "mpeg2.ts"
    looped = {"kind": "file", "path": name, "audioStream": None, "loop": True}
    for reverse in (False, True):
        raw = project({"clips": [clip(looped, 0, 3, speed=2.5, reverse=reverse)]}, rate=RATE)
        agree(raw, source(name).parent)


@pytest.mark.soak
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuva444p10le"])
def test_everything_there_is_frame_by_frame(pixel_format: str, tmp_path: Path) -> None:
    for name, more in (("a.mp4", {}), ("b.mkv", {"size": (120, 96), "rate": "30"}), ("other.mp4", {"size": (120, 96)})):
        make_clip(tmp_path / name, seconds=2.5, audio="mono", picture="testsrc2", **more)
    make_clip(tmp_path / "c.png", size=(96, 96), picture="#FF0000", filters="format=rgba,colorchannelmixer=aa=0.5")
    raw = json.loads((Path(__file__).parents[1] / "picture" / "everything.json").read_text())
    video = {"codec": "ffv1", "pixelFormat": pixel_format}
    raw["export"] = {"container": "mkv", "subtitles": "burn", "audio": None, "video": video}
    timeline = timeline_of(raw, tmp_path)
    rendered = raw_frames(raw, tmp_path, pixel_format=pixel_format)
    assert composed(timeline, tmp_path, window=(0, timeline.frames)) == rendered.tobytes()
    for frame in range(timeline.frames):
        assert composed(timeline, tmp_path, window=(frame, frame + 1)) == rendered[frame].tobytes(), frame
