"""What a play shows and sounds: every frame in its order, the sound in step."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.proxy import MediaProxy
from protocol.commands.shared import ProjectRef, Range, When
from sidecar.core.course import Course, play_rate
from sidecar.services.access import ReadAccess
from tests.harness.flashes import BLIP, Flashing, blips, flashes
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.preview.play.theatre import MP4, VP8, WEBM, clip, project, seen, theatre

pytestmark = pytest.mark.usefixtures("hasty")

APART = 0.010
"""Seconds that sound may lie from its picture."""


async def test_every_frame_is_shown_once_and_in_order(numbered: Path, tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        for codecs in (WEBM, VP8, MP4):
            played = await house.play(project({"clips": [clip(numbered, 0, 3)]}), begin=When(time=1), codecs=codecs)
            assert (played.from_.frame, played.from_.time, played.media_time_origin) == (25, "1/1", "1/1")
            assert (played.width, played.height, played.frame_rate) == (192, 96, "25")
            watched = seen(await house.watch(played, tmp_path / "out"))
            state = await house.over(played)
            assert watched.numbers == list(range(25, 75))
            assert watched.times == [Fraction(number, 25) for number in range(50)]
            assert watched.sounds
            assert (state.state, state.reason, state.frame) == ("ended", "end", 74)


async def test_h264_is_of_the_level_that_is_said(tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        for width in (64, 1920):
            played = await house.play(project({"clips": [clip("#204060", 0, 0.08)]}), codecs=MP4, width=width)
            data = (await house.watch(played, tmp_path / "out.mp4")).read_bytes()
            await house.over(played)
            said = data.index(b"avcC") + 5
            assert f"avc1.{data[said : said + 3].hex().upper()}" in played.content_type, width


TENTH = Range(from_=When(frame=20), to=When(frame=30))
COURSES: list[tuple[float, bool, Range | None, int]] = [
    (-1, False, None, 60),
    (-2.5, False, None, 99),
    (2, False, None, 10),
    (0.5, False, TENTH, 20),
    (1, True, TENTH, 25),
    (-1, True, TENTH, 25),
]
"""Speeds, whether they loop, ranges, and the frames at which they begin."""


async def test_any_rate_shows_the_frames_of_its_course(numbered: Path, tmp_path: Path) -> None:
    raw = project({"clips": [clip(numbered, 0, 4)]})
    async with theatre(tmp_path / "home") as house:
        for speed, loops, span, start in COURSES:
            asked: dict[str, Any] = {"rate": speed, "loop": loops, "range": span}
            played = await house.play(raw, begin=When(frame=start), codecs=VP8, **asked)
            watched = seen(await house.watch(played, tmp_path / "out.webm", 500_000 if loops else None))
            house.services.plays.stop(played.play_id)
            await house.over(played)
            first, end = (0, 100) if span is None else (20, 30)
            pace = play_rate(Fraction(25))
            course = Course(start, first, end, Fraction(25), pace, Fraction(repr(float(speed))), loops)
            count = course.length or len(watched.numbers)
            assert count > 15
            assert watched.numbers == [course.frame(course.gone(number)) for number in range(count)]
            assert watched.sounds == (speed > 0)


@pytest.mark.parametrize(
    ("codecs", "speeds", "rate"), [(WEBM, (1, 2, 0.25), "25"), (MP4, (1, 0.5), "30000/1001"), (VP8, (4,), "50")]
)
async def test_sound_is_in_step(
    codecs: str, speeds: tuple[float, ...], rate: str, flashing: Flashing, tmp_path: Path
) -> None:
    async with theatre(tmp_path / "home") as house:
        for speed in speeds:
            length = 3.0 if speed < 1 else 7.0
            raw = project({"clips": [clip(flashing.path, 0.4, length)]}, rate=rate)
            played = await house.play(raw, begin=When(time=1.2), codecs=codecs, rate=speed, width=64)
            written = await house.watch(played, tmp_path / "out.bin")
            await house.over(played)
            origin = float(Fraction(played.media_time_origin))
            events = [(float(at) + 0.4 - origin) / speed for at in flashing.instants]
            events = [at for at in events if 0 <= at < (length + 0.4 - origin - BLIP) / speed]
            shown, sounded = flashes(written), blips(written, lasting=BLIP / speed)
            assert len(shown) == len(sounded) == len(events) > 1
            # Slowly, a frame of the project is several of the stream.
            frame = float(1 / Fraction(rate)) * max(1, 1 / speed)
            for at, flash, blip in zip(events, shown, sounded, strict=True):
                assert abs(blip - at) <= APART, (speed, at, blip)
                assert -0.002 <= float(flash) - at <= frame + 0.002, (speed, at, float(flash))


async def test_small_files_take_the_place_of_large_ones_in_the_picture(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=2, size=(384, 192), audio="stereo", gop=50, b_frames=2)
    raw = project({"clips": [clip(film, 0, 2)]})
    async with theatre(tmp_path / "home", proxyHeight=96) as house:
        await house.services.proxies.proxy(MediaProxy(path=str(film)), film, shown=str(film), read=ReadAccess())
        previews = await house.services.previews.wait()
        stage = await previews.stages.of_project(ProjectRef(inline=raw), ReadAccess(), media="proxy")
        assert stage.media == "proxy"
        played = await house.play(raw, media="proxy", codecs=VP8)
        watched = seen(await house.watch(played, tmp_path / "out.webm"))
        await house.over(played)
    assert watched.numbers == list(range(50))
    assert watched.sounds


@pytest.mark.parametrize("speed", [1, 2])
async def test_sound_stays_in_step_through_edits(speed: float, flashing: Flashing, tmp_path: Path) -> None:
    raw = project({"clips": [clip(flashing.path, 0, 8)]}, id="edited")
    async with theatre(tmp_path / "home") as house:
        revision = (await house.services.projects.open(raw)).revision
        played = await house.play("edited", rate=speed, width=320, codecs=VP8)
        reader, target = house.live(played).take(), tmp_path / "out.webm"
        assert reader is not None
        read = 0
        with reader, target.open("wb") as file, trio.fail_after(PATIENCE):
            while part := await reader.read():
                file.write(part)
                before, read = read, read + len(part)
                # Every eighth of a megabyte: some four clusters.
                if before >> 17 != read >> 17 and revision < 4:
                    patch = [{"op": "add", "path": "/tracks/0/clips/0/opacity", "value": 0.9 + revision / 100}]
                    revision = (await house.services.projects.update("edited", revision, patch=patch)).revision
                    await house.told_of(lambda state: state.revision == revision)  # noqa: B023 - asked at once
        state = await house.over(played)
    assert state.revision == revision == 4
    assert state.anchor.frame > 0
    shown, sounded = flashes(target), blips(target, lasting=BLIP / speed)
    events = [float(at) / speed for at in flashing.instants if at < 8 - BLIP]
    assert len(shown) == len(sounded) == len(events)
    for at, flash, blip in zip(events, shown, sounded, strict=True):
        assert abs(blip - at) <= APART, (at, blip)
        assert -0.002 <= float(flash) - at <= 0.042, (at, float(flash))


async def test_what_one_process_cannot_take_is_composed_by_several(numbered: Path, tmp_path: Path) -> None:
    cuts = [clip(numbered, number / 25, 0.04, sourceStart=(number * 7 % 50) / 25) for number in range(60)]
    async with theatre(tmp_path / "home") as house:
        for speed, begin in ((1, 0), (-1, 59)):
            played = await house.play(project({"clips": cuts}), rate=speed, begin=When(frame=begin), codecs=VP8)
            watched = seen(await house.watch(played, tmp_path / "out.webm"))
            await house.over(played)
            assert watched.numbers == [number * 7 % 50 for number in range(60)][::speed]
