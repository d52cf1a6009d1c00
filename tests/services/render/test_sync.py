"""Blip and flash: sound stays with its picture from every container into every container, at every rate and speed."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from protocol.commands.render import Job
from protocol.time import edit_frame, parse_rate
from tests.harness.flashes import BLIP, Flashing, blips, flashes, make_flashing
from tests.services.render.studio import file, project, studio

TICKS = {"mkv": Fraction(1, 1_000), "webm": Fraction(1, 1_000)}
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


def expected(source: Flashing, clip: dict[str, Any], rate: Fraction) -> list[Fraction]:
    """Instants of the timeline at which the events of a clip lie, by its speed."""
    start, duration = Fraction(str(clip["start"])), Fraction(str(clip["duration"]))
    first, end = edit_frame(start, rate) / rate, edit_frame(start + duration, rate) / rate
    speed, begin = Fraction(str(clip.get("speed", 1))), Fraction(str(clip.get("sourceStart", 0)))
    places = [first + (instant - begin) / speed for instant in source.instants]
    return [place for place in places if first <= place < end - Fraction(BLIP) / speed]


def check(
    written: Path, wanted: list[Fraction], rate: Fraction, lasting: list[float], tick: Fraction = Fraction(0)
) -> None:
    """Hold what a file shows and sounds against where the events lie."""
    shown = flashes(written)
    assert len(shown) == len(wanted)
    for at, place in zip(shown, wanted, strict=True):
        # The first frame at or after the event; a frame that begins half a tick of the source before it counts.
        first = ceil((place - tick / 2) * rate) / rate
        assert float(at) == pytest.approx(float(first), abs=0.002)
    sounded = blips(written, lasting=0)
    assert len(sounded) == len(wanted)
    for middle, place, length in zip(sounded, wanted, lasting, strict=True):
        assert middle - length / 2 == pytest.approx(float(place), abs=APART)


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
    places = [(place, BLIP / clip.get("speed", 1)) for clip in clips for place in expected(source, clip, exact)]
    check(
        tmp_path / "out.mkv",
        [place for place, _ in places],
        exact,
        [length for _, length in places],
        TICKS.get(suffix, Fraction(0)),
    )


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
    wanted = expected(source, clip, exact)
    check(tmp_path / f"o.{container}", wanted, exact, [BLIP] * len(wanted), TICKS["mkv"])
