"""What is laid on what: colours, sizes, places, opacity, fades, transitions, order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.errors import NothingToRender
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.render import build_render
from tests.harness.media import make_clip
from tests.harness.rendering import RESOURCES, clip, project, raw_frames, timeline_of

RGB = ("#FF0000", "#00FF00", "#0000FF", "#FFFFFF", "#000000", "#C87828")


def value(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def assert_near(pixels: NDArray[np.uint8], wanted: tuple[float, ...], tolerance: float = 2) -> None:
    found = pixels.reshape(-1, 3).astype(float)
    worst = np.abs(found - np.array(wanted)).max()
    assert worst <= tolerance, f"{found.mean(axis=0)} instead of {wanted} (off by {worst})"


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le", "gbrp"])
def test_colours_come_back_as_themselves(pixel_format: str, tmp_path: Path) -> None:
    clips = [clip(color, index * 0.04, 0.04) for index, color in enumerate(RGB)]
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": pixel_format}}
    frames = raw_frames(project({"clips": clips}, export=export), tmp_path)
    assert len(frames) == len(RGB)
    for frame, color in zip(frames, RGB, strict=True):
        assert_near(frame, value(color))


@pytest.mark.parametrize("matrix", ["smpte170m", "bt709"])
@pytest.mark.parametrize("span", ["tv", "pc"])
@pytest.mark.parametrize("whole", [True, False])
def test_files_are_read_by_their_tags(matrix: str, span: str, *, whole: bool, tmp_path: Path) -> None:
    """Plain (whole frame) and in full resolution (an inset on odd places)."""
    make_clip(
        tmp_path / "a.mp4",
        seconds=0.2,
        picture="#C87828",
        color=(span, matrix, "bt709", "bt709"),
        filters=f"format=gbrp,scale=out_color_matrix={matrix}:out_range={span},format=yuv420p",
        pixel_format="yuv420p",
    )
    transform = {} if whole else {"transform": {"scaleX": 0.5, "scaleY": 0.5, "x": 0.503}}
    frames = raw_frames(project({"clips": [clip("a.mp4", 0, 0.2, **transform)]}), tmp_path)
    assert_near(frames[2, 40:50, 90:100], (200, 120, 40), 4)


def test_untagged_files_follow_their_size(tmp_path: Path) -> None:
    for name, size, matrix in (("sd.mkv", (192, 96), "bt601"), ("hd.mkv", (1280, 720), "bt709")):
        make_clip(
            tmp_path / name,
            seconds=0.12,
            size=size,
            picture="#C87828",
            codec="ffv1",
            filters=f"format=gbrp,scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p,setparams=colorspace=unknown:range=unknown",
        )
        frames = raw_frames(project({"clips": [clip(name, 0, 0.12)]}), tmp_path)
        assert_near(frames[1, 40:50, 90:100], (200, 120, 40), 3)


def test_lower_tracks_show_where_nothing_covers_them(tmp_path: Path) -> None:
    small = {"scaleX": 0.5, "scaleY": 0.5}
    raw = project(
        {"clips": [clip("#FF0000", 0, 0.4)]},
        {"clips": [clip("#00FF00", 0.12, 0.12, transform=small)]},
        {"clips": [clip("#0000FF", 0.2, 0.04, transform={**small, "x": 0.25})]},
    )
    frames = raw_frames(raw, tmp_path)
    assert len(frames) == 10
    assert_near(frames[0], (255, 0, 0))
    assert_near(frames[9], (255, 0, 0))
    for index in (3, 4):
        assert_near(frames[index, 26:70, 50:142], (0, 255, 0))
        assert_near(frames[index, :20], (255, 0, 0))
    assert_near(frames[5, 28:68, 6:88], (0, 0, 255))
    assert_near(frames[5, 28:68, 104:136], (0, 255, 0))
    assert_near(frames[6], (255, 0, 0))


def test_gaps_show_the_background(tmp_path: Path) -> None:
    raw = project({"clips": [clip("#FF0000", 0.2, 0.2), clip("#0000FF", 0.6, 0.2)]}, background="#20406080")
    frames = raw_frames(raw, tmp_path)
    assert len(frames) == 20
    for index, wanted in ((0, (16, 32, 48)), (5, (255, 0, 0)), (9, (255, 0, 0)), (10, (16, 32, 48)), (15, (0, 0, 255))):
        assert_near(frames[index], wanted)


def test_opacity_of_clip_track_and_colour_multiply(tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#000000", 0, 0.08)]},
        {"opacity": 0.5, "clips": [clip("#FFFFFF80", 0, 0.08, opacity=0.8)]},
    )
    assert_near(raw_frames(raw, tmp_path), (255 * 0.5 * 0.8 * 128 / 255,) * 3)


@pytest.mark.parametrize("inset", [False, True])
def test_fades_go_to_what_lies_below(*, inset: bool, tmp_path: Path) -> None:
    transform = {"transform": {"scaleX": 0.5, "scaleY": 0.5, "x": 0.501}} if inset else {}
    raw = project(
        {"clips": [clip("#0000FF", 0, 0.8)]},
        {"clips": [clip("#FFFFFF", 0, 0.8, fadeIn=0.4, fadeOut=0.2, **transform)]},
    )
    frames = raw_frames(raw, tmp_path)
    for number, frame in enumerate(frames):
        factor = min(1, number / 10, (19 - number) / 5)
        assert_near(frame[40:56, 80:110], (255 * factor, 255 * factor, 255))


def test_titles_of_bare_letters_fade_as_they_are_drawn(tmp_path: Path) -> None:
    title = {"kind": "title", "text": "Hello", "style": {"fontSize": 40}}
    ground = {"clips": [clip("#204060", 0, 0.4)]}
    faded = project(ground, {"opacity": 0.8, "clips": [clip(title, 0, 0.4, fadeIn=0.2, fadeOut=0.08)]})
    still, bare, shown = (
        raw_frames(raw, tmp_path, pixel_format="yuv420p").astype(float)
        for raw in (project(ground, {"clips": [clip(title, 0, 0.4)]}), project(ground), faded)
    )
    for frame, factor in enumerate((0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 0.5, 0)):
        wanted = bare[frame] + 0.8 * factor * (still[frame] - bare[frame])
        assert np.abs(shown[frame] - wanted).max() < 1.6
    assert np.array_equal(raw_frames(faded, tmp_path, window=(3, 9), pixel_format="yuv420p"), shown[3:9])
    timeline = timeline_of(faded, tmp_path)
    drawn = build_render(timeline, timeline.project.export, target="-", resources=RESOURCES)
    assert "alphamerge" not in arguments(drawn).graph


def test_transition_is_all_a_first_and_all_b_last(tmp_path: Path) -> None:
    for align, first in (("center", 5), ("start", 10), ("end", 0)):
        raw = project(
            {
                "clips": [clip("#FF0000", 0, 0.4, id="a"), clip("#0000FF", 0.4, 0.4, id="b")],
                "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.4, "align": align}],
            }
        )
        frames = raw_frames(raw, tmp_path)
        assert len(frames) == 20
        for number, frame in enumerate(frames):
            p = min(1.0, max(0.0, (number - first) / 9))
            assert_near(frame, (255 * (1 - p), 0, 255 * p), 3)


def test_eased_transition_at_a_free_end(tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#00FF00", 0, 0.8)]},
        {
            "clips": [clip("#FF0000", 0.2, 0.4, id="a", fadeIn=0.1)],
            "transitions": [
                {"type": "fade", "to": "a", "duration": 0.2, "easing": {"cubicBezier": [0, 0, 1, 1]}},
                {"type": "fade", "from": "a", "duration": 0.2, "easing": "hold"},
            ],
        },
    )
    frames = raw_frames(raw, tmp_path)
    for number, p in ((4, 0), (5, 0), (6, 0.25), (7, 0.5), (8, 0.75), (9, 1), (10, 1), (13, 1), (14, 0), (15, 0)):
        assert_near(frames[number], (255 * p, 255 * (1 - p), 0), 3)


def test_transition_with_a_disabled_neighbour_goes_to_what_lies_below(tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#00FF00", 0, 0.8)]},
        {
            "clips": [clip("#FF0000", 0, 0.4, id="a"), clip("#0000FF", 0.4, 0.4, id="b", enabled=False)],
            "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.2}],
        },
    )
    frames = raw_frames(raw, tmp_path)
    assert_near(frames[7], (255, 0, 0))
    assert_near(frames[10], (127, 128, 0), 3)
    assert_near(frames[12], (0, 255, 0))


def test_disabled_tracks_and_clips_are_not_there(tmp_path: Path) -> None:
    raw = project(
        {"clips": [clip("#FF0000", 0, 0.2), clip("#00FF00", 0.2, 0.2, enabled=False)]},
        {"enabled": False, "clips": [clip("#0000FF", 0, 2)]},
    )
    frames = raw_frames(raw, tmp_path)
    assert len(frames) == 5
    assert_near(frames, (255, 0, 0))


def test_windows_equal_the_whole(tmp_path: Path) -> None:
    """Any window is bit for bit the part of the whole: the frame does not depend on where a process begins."""
    make_clip(tmp_path / "a.mp4", seconds=3, size=(320, 180), picture="testsrc2", gop=20, b_frames=2)
    make_clip(tmp_path / "b.webm", seconds=3, size=(128, 128), picture="testsrc2", rate="30")
    raw: dict[str, Any] = project(
        {
            "clips": [
                clip("a.mp4", 0, 0.8, id="a", sourceStart=0.3, color={"contrast": 1.2, "saturation": 0.5}),
                clip("b.webm", 0.8, 0.8, id="b", sourceStart=1, speed=1.5, fadeOut=0.2),
            ],
            "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.4, "easing": "easeInOut"}],
        },
        {
            "opacity": 0.7,
            "clips": [clip("b.webm", 0.2, 1, fadeIn=0.5, transform={"scaleX": 0.4, "scaleY": 0.4, "rotation": 20})],
        },
        {"clips": [clip({"kind": "title", "text": "Title"}, 0.1, 0.5, fadeOut=0.2)]},
        {"kind": "subtitle", "cues": [{"start": 0.35, "end": 1.1, "text": "cue"}]},
        size=(320, 180),
    )
    whole = raw_frames(raw, tmp_path, pixel_format="yuv420p")
    assert len(whole) == 40
    for first, end in ((0, 1), (3, 9), (5, 6), (10, 22), (17, 31), (24, 40), (39, 40)):
        part = raw_frames(raw, tmp_path, window=(first, end), pixel_format="yuv420p")
        assert np.array_equal(part, whole[first:end]), (first, end)


def test_an_empty_window_is_refused(tmp_path: Path) -> None:
    timeline = timeline_of(project({"clips": [clip("#FF0000", 0, 0.2)]}), tmp_path)
    with pytest.raises(NothingToRender):
        build_render(timeline, timeline.project.export, target="-", resources=RESOURCES, window=(9, 12))


def test_no_overlay_passes_at_an_end(tmp_path: Path) -> None:
    """With eof_action=pass FFmpeg 9.0.2 stood still at every other run of a graph of eight files like this."""
    for index in range(4):
        make_clip(tmp_path / f"{index}.mp4", seconds=0.6, size=(160, 120))
    inset = {"opacity": 0.6, "transform": {"x": 0.3, "scaleX": 0.3, "scaleY": 0.3, "rotation": 30}}
    below = [clip(f"{index}.mp4", index * 0.4, 0.4) for index in range(4)]
    above = [clip(f"{3 - index}.mp4", index * 0.4, 0.4, **inset) for index in range(4)]
    timeline = timeline_of(project({"clips": below}, {"clips": above}), tmp_path)
    command = build_render(timeline, timeline.project.export, target="-", resources=RESOURCES)
    overlays = [part for part in re.split("[,;\\]]", arguments(command).graph) if part.startswith("overlay=")]
    assert len(overlays) == 8
    assert not [overlay for overlay in overlays if "eof_action" in overlay]
