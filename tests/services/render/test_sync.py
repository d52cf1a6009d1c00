"""Blip and flash: sound stays with its picture from every container into every container, at every rate and speed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.render import Job
from protocol.time import edit_frame, parse_rate
from tests.harness.flashes import BLIP, Flashing, blips, flashes, make_flashing
from tests.harness.patience import PATIENCE
from tests.services.render.studio import file, project, studio

TICKS = {".mkv": Fraction(1, 1_000), ".webm": Fraction(1, 1_000)}
"""Ticks of the containers whose times are coarse, in seconds."""

APART = 0.010
"""Seconds that sound may lie from where it belongs."""

SOURCES: dict[str, dict[str, Any]] = {
    "mp4": {"rate": "30000/1001", "sample_rate": 44_100},
    "mov": {"rate": "24"},
    "mkv": {"rate": "24000/1001"},
    "webm": {"rate": "60000/1001"},
    "avi": {"rate": "25", "sample_rate": 44_100, "audio_codec": "pcm_s16le"},
    "ts": {"rate": "50", "audio_codec": "aac"},
}


@dataclass(frozen=True, slots=True)
class Event:
    """Where an event lies on the timeline, how long its blip lasts, and the ticks of its source: seconds."""

    place: Fraction
    lasting: float
    tick: Fraction


def expected(source: Flashing, clip: dict[str, Any], rate: Fraction) -> list[Event]:
    """Return the events of a clip by its place and speed."""
    start, duration = Fraction(str(clip["start"])), Fraction(str(clip["duration"]))
    first, end = edit_frame(start, rate) / rate, edit_frame(start + duration, rate) / rate
    speed, begin = Fraction(str(clip.get("speed", 1))), Fraction(str(clip.get("sourceStart", 0)))
    tick = TICKS.get(source.path.suffix, Fraction(0))
    places = [first + (instant - begin) / speed for instant in source.instants]
    lasting = BLIP / float(speed)
    return [Event(place, lasting, tick) for place in places if first <= place < end - Fraction(BLIP) / speed]


def check(written: Path, wanted: list[Event], rate: Fraction) -> None:
    """Hold what a file shows and sounds against where the events lie."""
    shown = flashes(written)
    assert len(shown) == len(wanted)
    for at, event in zip(shown, wanted, strict=True):
        # The first frame at or after the event; a frame that begins half a tick of the source before it counts.
        first = ceil((event.place - event.tick / 2) * rate) / rate
        assert float(at) == pytest.approx(float(first), abs=0.002)
    sounded = blips(written, lasting=0)
    assert len(sounded) == len(wanted)
    apart = [middle - event.lasting / 2 - float(event.place) for middle, event in zip(sounded, wanted, strict=True)]
    assert max(map(abs, apart)) <= APART, apart


def ended(job: Job) -> None:
    assert job.error is None, job.error


@pytest.mark.parametrize("suffix", SOURCES)
@pytest.mark.parametrize("project_rate", ["25", "30000/1001"])
async def test_out_of_every_container(suffix: str, project_rate: str, tmp_path: Path) -> None:
    made = SOURCES[suffix]
    source = make_flashing(tmp_path / f"a.{suffix}", seconds=9, every=round(Fraction(made["rate"])), **made)
    clips = [
        file(source.path, 0.2, 3, sourceStart=0.4),
        file(source.path, 3.2, 2, sourceStart=3.9, speed=1.5),
        file(source.path, 5.2, 4, sourceStart=1.1, speed=0.5),
    ]
    raw = project(*clips, export={"container": "mkv", "audio": {"codec": "flac"}}, frameRate=project_rate)
    async with studio(tmp_path) as desk:
        ended(await desk.finish(raw, tmp_path / "out.mkv"))
    exact = parse_rate(project_rate)
    check(tmp_path / "out.mkv", [event for clip in clips for event in expected(source, clip, exact)], exact)


EXPORTS = [
    ("mp4", None, "24000/1001", 48_000),
    ("mp4", "mp3", "60", 44_100),
    ("mov", None, "60000/1001", 44_100),
    ("mov", "pcm_s16le", "25", 48_000),
    ("mkv", None, "30", 44_100),
    ("mkv", "opus", "24000/1001", 48_000),
    ("webm", None, "30000/1001", 48_000),
    ("avi", None, "24000/1001", 44_100),
    ("avi", "pcm_s16le", "60", 48_000),
    ("avi", "aac", "30000/1001", 48_000),
]


@pytest.mark.parametrize(("container", "codec", "project_rate", "sample_rate"), EXPORTS)
async def test_into_every_container(
    container: str, codec: str | None, project_rate: str, sample_rate: int, tmp_path: Path
) -> None:
    source = make_flashing(tmp_path / "a.mkv", seconds=6, rate=project_rate, every=50, audio_codec="flac")
    clip = file(source.path, 0, 5)
    export = {"container": container, "audio": {"codec": codec, "sampleRate": sample_rate}}
    async with studio(tmp_path) as desk:
        ended(await desk.finish(project(clip, export=export, frameRate=project_rate), tmp_path / f"o.{container}"))
    exact = parse_rate(project_rate)
    check(tmp_path / f"o.{container}", expected(source, clip, exact), exact)


async def test_a_file_that_is_taken_for_another_rate_sounds_at_its_tempo(tmp_path: Path) -> None:
    source = make_flashing(tmp_path / "a.mkv", seconds=8, rate="25", every=40, audio_codec="flac")
    clip = {"source": {"kind": "file", "media": "m"}, "start": 0.4, "duration": 3, "sourceStart": 0.5}
    media = [{"id": "m", "path": str(source.path), "interpret": {"frameRate": "50"}}]
    raw = project(clip, media=media, export={"container": "mkv", "audio": {"codec": "flac"}}, frameRate="50")
    async with studio(tmp_path) as desk:
        ended(await desk.finish(raw, tmp_path / "out.mkv"))
    places = [Fraction("0.4") + instant / 2 - Fraction("0.5") for instant in source.instants]
    events = [Event(place, BLIP / 2, TICKS[".mkv"]) for place in places if Fraction("0.4") <= place < Fraction("3.39")]
    assert len(events) >= 3
    check(tmp_path / "out.mkv", events, Fraction(50))


async def test_a_looped_file_flashes_and_blips_again_and_again(tmp_path: Path) -> None:
    source = make_flashing(tmp_path / "a.mkv", seconds=2, rate="25", every=50, audio_codec="flac")
    clip = file(source.path, 0.2, 9, sourceStart=0.5, speed=1.25)
    clip["source"]["loop"] = True
    raw = project(clip, export={"container": "mkv", "audio": {"codec": "flac"}}, frameRate="30")
    async with studio(tmp_path) as desk:
        ended(await desk.finish(raw, tmp_path / "out.mkv"))
    turns = [source.instants[0] + 2 * turn for turn in range(6)]
    places = [Fraction("0.2") + (instant - Fraction("0.5")) / Fraction("1.25") for instant in turns]
    events = [Event(place, BLIP / 1.25, TICKS[".mkv"]) for place in places if place < Fraction("9.1")]
    assert len(events) >= 5
    check(tmp_path / "out.mkv", events, Fraction(30))


async def test_a_speed_ramp_takes_sound_and_picture_along(tmp_path: Path) -> None:
    source = make_flashing(tmp_path / "a.mkv", seconds=9, rate="30", every=30, audio_codec="flac")
    keys = [
        {"time": 0, "source": 0.1, "easing": "easeInOut"},
        {"time": 3, "source": 6.1, "easing": "linear"},
        {"time": 5, "source": 8.1, "easing": "easeIn"},
    ]
    clip = file(source.path, 0, 5, timeMap=keys)
    raw = project(clip, export={"container": "mkv", "audio": {"codec": "flac"}}, frameRate="30")
    async with studio(tmp_path) as desk:
        ended(await desk.finish(raw, tmp_path / "out.mkv"))
    shown, sounded = flashes(tmp_path / "out.mkv"), blips(tmp_path / "out.mkv", lasting=0)
    assert len(shown) == len(sounded) == 8
    for at, middle in zip(shown, sounded, strict=True):
        # The picture shows an event on the frame after it at the latest; the middle of its blip is at most as late.
        assert -1 / 30 - APART <= middle - BLIP / 2 - float(at) <= APART


async def long_film(seconds: int, tmp_path: Path, patience: float) -> None:
    """Render a film of three sources and four clips, and look at its beginning, its middle and its end."""
    part = seconds // 4
    sources = [
        make_flashing(tmp_path / "a.mp4", seconds=part * 3 // 2 + 5, rate="30000/1001", every=300, sample_rate=44_100),
        make_flashing(tmp_path / "b.mkv", seconds=part + 5, rate="24000/1001", every=240, audio_codec="aac"),
        make_flashing(tmp_path / "c.mp4", seconds=part + 5, rate="24000/1001", every=240),
    ]
    clips = [
        file(sources[0].path, 0, part, sourceStart=1.25, speed=1.5),
        file(sources[1].path, part, part, sourceStart=2.5, speed=0.5),
        file(sources[2].path, 2 * part, part, sourceStart="1/3"),
        file(sources[0].path, 3 * part, part, sourceStart=0.5, speed=0.5, pitch="varispeed"),
    ]
    raw = project(
        *clips, export={"container": "mkv", "video": {"preset": "fastest", "quality": 30}}, frameRate="30000/1001"
    )
    raw["tracks"].append({"kind": "audio", "clips": [{"source": {"kind": "silence"}, "start": 0, "duration": seconds}]})
    async with studio(tmp_path) as desk:
        started = await desk.start(raw, tmp_path / "out.mkv")
        with trio.fail_after(patience):
            ended(await desk.render.wait(started.job_id))
    exact = parse_rate("30000/1001")
    events = [
        event
        for clip, source in zip(clips, [*sources, sources[0]], strict=True)
        for event in expected(source, clip, exact)
    ]
    check(tmp_path / "out.mkv", events, exact)


async def test_minutes_stay_in_step(tmp_path: Path) -> None:
    await long_film(120, tmp_path, 2 * PATIENCE)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_an_hour_stays_in_step(tmp_path: Path) -> None:
    await long_film(3_600, tmp_path, 3_000)
