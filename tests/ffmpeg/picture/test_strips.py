"""A strip shows the same wherever it begins and ends; and what lies between source frames lies where it should."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.harness.media import make_clip, read_number
from tests.harness.numbered import kept
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.rendering import clip, project, raw_frames, timeline_of
from tests.harness.strips import asked, opened, strip

RAMP = [
    {"time": -0.2, "source": 0.4},
    {"time": 0.8, "source": 2.1, "easing": "easeInOut"},
    {"time": 1.4, "source": 0.3, "easing": "hold"},
    {"time": 1.7, "source": 1.5},
    {"time": 2.2, "source": 1.9},
]
WAYS: dict[str, dict[str, Any]] = {
    "forward": {"sourceStart": 0.33, "speed": 0.7},
    "reverse": {"sourceStart": 0.1, "speed": 0.9, "reverse": True},
    "ramp": {"timeMap": RAMP},
    "loop": {"loop": True, "sourceStart": 2.2, "speed": 2.3},
    "loop reverse": {"loop": True, "sourceStart": 0.5, "speed": 1.7, "reverse": True},
}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strips")
    size, picture = (96, 48), "testsrc2"
    make_clip(folder / "steady.mp4", seconds=3, rate="25", gop=20, b_frames=3, picture=picture, size=size)
    make_clip(folder / "variable.mkv", seconds=3, rate="30", gop=20, variable=True, picture=picture, size=size)
    make_clip(
        folder / "fields.ts",
        seconds=3,
        size=size,
        picture=picture,
        rate="50",
        gop=12,
        filters="tinterlace=interleave_top,fieldorder=tff",
        interlaced=True,
        options=("-r", "25"),
    )
    make_clip(
        folder / "deep.mkv",
        seconds=3,
        size=size,
        picture=picture,
        codec="ffv1",
        pixel_format="yuv444p10le",
        gop=10,
    )
    return folder


def written(name: str, way: str, retime: str = "nearest") -> dict[str, Any]:
    members = dict(WAYS[way])
    source = {"kind": "file", "path": name, "loop": members.pop("loop", False)}
    return clip(source, 0, 2.4, retime=retime, **members)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["steady.mp4", "variable.mkv", "fields.ts", "deep.mkv"])
def test_a_span_equals_that_part_of_the_whole(name: str, way: str, media: Path) -> None:
    for retime in ("nearest", "blend"):
        timeline, item = opened(written(name, way, retime), media)
        whole = strip(timeline, item, media)
        assert len(np.unique(whole, axis=0)) > 20, "frames that are all alike would prove nothing"
        chance = Random(f"{name} {way} {retime}")
        for _ in range(3):
            first = chance.randrange(item.end - 1)
            end = chance.randint(first + 1, item.end)
            assert np.array_equal(strip(timeline, item, media, (first, end)), whole[first:end]), (first, end)


def three_ways(source: str, start: float, frames: int, base: Path) -> tuple[Any, Any, Any]:
    """Strips of the same instants by the formula, by a falling table, and by a rising one."""
    length = str(Fraction(frames, 25))
    ramp = [{"time": 0, "source": start}, {"time": length, "source": str(Fraction(str(start)) + Fraction(frames, 25))}]
    made = []
    for members in ({"sourceStart": start}, {"sourceStart": start, "reverse": True}, {"timeMap": ramp}):
        timeline, item = opened(clip(source, 0, length, **members), base)
        made.append(strip(timeline, item, base, pixel_format="gray"))
    return made[0], made[1], made[2]


@pytest.mark.parametrize("name", ["steady.mp4", "variable.mkv", "fields.ts", "deep.mkv"])
def test_forward_backwards_and_mapped_show_the_same_frames(name: str, media: Path) -> None:
    forward, backwards, mapped = three_ways(name, 0.37, 55, media)
    assert np.array_equal(backwards[::-1], forward)
    assert np.array_equal(mapped, forward)


REAL = (
    sorted(path.name for path in MEDIA.iterdir() if path.suffix in {".mp4", ".mov", ".mkv", ".webm", ".ts", ".avi"})
    if HAVE_MEDIA
    else []
)

if HAVE_MEDIA:

    @pytest.mark.parametrize("name", [name for name in REAL if not name.startswith("corrupted")])
    def test_real_files_backwards_and_mapped_show_the_same_frames(name: str) -> None:
        forward, backwards, mapped = three_ways(name, 0.81, 12, MEDIA)
        assert np.array_equal(backwards[::-1], forward)
        assert np.array_equal(mapped, forward)


@pytest.mark.parametrize("way", ["forward", "reverse", "ramp", "loop"])
def test_followed_motion_is_local(way: str, media: Path) -> None:
    timeline, item = opened(written("variable.mkv" if way == "ramp" else "steady.mp4", way, "motion"), media)
    whole = strip(timeline, item, media)
    for first, end in ((7, 25), (31, 48)):
        assert np.array_equal(strip(timeline, item, media, (first, end)), whole[first:end]), (first, end)


def test_handles_are_part_of_the_strip(media: Path) -> None:
    """Frames before a clip's first and after its last run on at its own speed."""
    move = {"type": "fade", "from": "a", "to": "b", "duration": 0.8}
    clips = [
        clip("steady.mp4", 0, 1, id="a", sourceStart=0.5, reverse=True),
        clip("steady.mp4", 1, 1, id="b", sourceStart=1, retime="blend", speed=0.5),
    ]
    timeline = timeline_of(project({"clips": clips, "transitions": [move]}), media)
    for item in timeline.video[0].items:
        span = (item.first - item.head, item.end + item.tail)
        whole = strip(timeline, item, media, span)
        for first, end in ((span[0], span[0] + 3), (span[1] - 2, span[1]), (item.first, item.end)):
            part = strip(timeline, item, media, (first, end))
            assert np.array_equal(part, whole[first - span[0] : end - span[0]])


@pytest.fixture(scope="module")
def greys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of which frame n is grey, 40 + 8n; the variable one lacks some."""
    folder = tmp_path_factory.mktemp("greys")
    for name, pixel_format in (("grey.mkv", "yuv420p"), ("deep.mkv", "yuv420p10le"), ("red.mkv", "gbrp")):
        level = "lum='40+8*N':cb=128:cr=128" if pixel_format != "gbrp" else "r='40+8*N':g=0:b=0"
        make_clip(
            folder / name,
            seconds=0.8,
            size=(32, 32),
            picture="color",
            codec="ffv1",
            pixel_format=pixel_format,
            filters=f"format={'gbrp' if pixel_format == 'gbrp' else 'yuv420p'},geq={level}",
        )
    make_clip(
        folder / "variable.mp4",
        seconds=0.8,
        size=(32, 32),
        picture="color",
        filters="format=yuv420p,geq=lum='40+8*N':cb=128:cr=128",
        variable=True,
        options=("-crf", "0"),
    )
    return folder


@pytest.mark.parametrize(("name", "plane"), [("grey.mkv", 0), ("deep.mkv", 0), ("red.mkv", 2)])
def test_blended_frames_are_means_by_their_moment(name: str, plane: int, greys: Path) -> None:
    entry = clip(name, 0, 1.2, sourceStart=0.05, speed=0.37, retime="blend")
    timeline, item = opened(entry, greys)
    for k, frame in enumerate(strip(timeline, item, greys)):
        place = min(Fraction(19), (Fraction("0.05") + Fraction(k, 25) * Fraction("0.37")) * 25)
        pixels = frame.view(np.uint16) / 4 if name == "deep.mkv" else frame
        level = pixels[plane * 32 * 32 : (plane + 1) * 32 * 32] if name == "red.mkv" else pixels[: 32 * 32]
        assert level == pytest.approx(40 + 8 * float(place), abs=0.6), k


def test_blended_frames_of_a_variable_source_lie_between_its_own_times(greys: Path) -> None:
    numbers = [n for n in range(20) if kept(n)]
    timeline, item = opened(clip("variable.mp4", 0, 1.4, speed=0.5, retime="blend"), greys)
    for k, frame in enumerate(strip(timeline, item, greys)):
        place = Fraction(k, 2)
        before = max(n for n in numbers if n <= place)
        after = min((n for n in numbers if n > place), default=before)
        way = (place - before) / (after - before) if after > before else Fraction(0)
        assert frame[: 32 * 32] == pytest.approx(40 + 8 * float(before + (after - before) * way), abs=1.1), k


def test_followed_motion_lies_where_the_thing_would_be(tmp_path: Path) -> None:
    """A disc that moves 6 pixels a frame, slowed to a quarter: 1.5 pixels a frame, where a blend shows two discs."""
    disc = "if(lt(hypot(X-40-N*6\\,Y-40)\\,16)\\,230\\,40+10*sin(X/9)*sin(Y/7))"
    make_clip(
        tmp_path / "disc.mp4", seconds=0.8, size=(160, 80), picture="color", filters=f"format=gray,geq=lum='{disc}'"
    )
    timeline, item = opened(clip("disc.mp4", 0, 1, sourceStart=0.2, speed=0.25, retime="motion"), tmp_path)
    for k, frame in enumerate(strip(timeline, item, tmp_path, pixel_format="gray")):
        bright = frame.reshape(80, 160) > 150
        place = np.arange(160)[None, :].repeat(80, 0)[bright].mean()
        assert place == pytest.approx(40 + 6 * (5 + k / 4), abs=1), k
        assert bright.sum() == pytest.approx(np.pi * 16**2, rel=0.12), k


@pytest.mark.parametrize("name", ["counted.mp4", "uneven.mp4"])
def test_frames_may_be_taken_to_come_at_another_rate(name: str, tmp_path: Path) -> None:
    """Frame j begins at j/50 seconds, whatever the file says; the source lasts as long as that makes it."""
    make_clip(tmp_path / name, seconds=2, rate="25", gop=12, b_frames=2, variable=name == "uneven.mp4")
    numbers = [n for n in range(50) if name == "counted.mp4" or kept(n)]
    entry = {"id": "m", "path": name, "interpret": {"frameRate": "50"}}
    source = {"kind": "file", "media": "m"}
    length = Fraction(len(numbers), 50)
    for members in ({"sourceStart": 0.1, "speed": 0.7}, {"reverse": True, "sourceStart": 0.04}):
        entry_clip = clip(source, 0, 0.4, **members)
        timeline, item = opened(entry_clip, tmp_path, media=[entry])
        assert item.file is not None
        assert item.file.duration == length
        found = [read_number(frame.reshape(96, 192)) for frame in strip(timeline, item, tmp_path, pixel_format="gray")]
        start, speed = Fraction(str(members["sourceStart"])), Fraction(str(members.get("speed", 1)))
        wanted = []
        for k in range(10):
            instant = start + (Fraction(9 - k, 25) if "reverse" in members else Fraction(k, 25)) * speed
            wanted.append(numbers[int(instant * 50)])
        assert found == wanted


def test_a_moving_gif_begins_again_by_itself(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.gif", seconds=1, rate="10", size=(192, 96), pixel_format=None)
    frames = raw_frames(project({"clips": [clip("a.gif", 0, 3.5)]}, rate="20"), tmp_path, pixel_format="gray")
    found = [read_number(frame.reshape(96, 192)) for frame in frames]
    assert found == [n // 2 % 10 for n in range(70)]
    # However long it is, it is opened once.
    timeline, item = opened(clip("a.gif", 0, 600), tmp_path)
    assert asked(timeline, item).inputs == ("a.gif",)


def test_what_is_turned_round_is_read_in_pieces(media: Path) -> None:
    timeline, item = opened(clip("steady.mp4", 0, 2.8, reverse=True), media)
    frame = 96 * 48 * 3 // 2
    assert (len(asked(timeline, item).inputs), asked(timeline, item).held) == (2, 70 * frame)
    timeline, item = opened(clip("steady.mp4", 0, 2.8), media)
    assert (len(asked(timeline, item).inputs), asked(timeline, item).held) == (1, 0)
