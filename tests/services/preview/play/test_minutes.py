"""A minute of play: nothing of it is missing, as fast as it comes and as a player takes it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from protocol.commands.shared import Range, When
from tests.harness.flashes import BLIP, blips, flashes, make_flashing
from tests.harness.media import make_clip
from tests.services.preview.play.theatre import VP8, WEBM, clip, project, seen, theatre

pytestmark = pytest.mark.soak

SECONDS = 62


@pytest.mark.usefixtures("hasty")
async def test_nothing_is_missing(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=SECONDS, audio="stereo", gop=250, b_frames=2)
    async with theatre(tmp_path / "home") as house:
        played = await house.play(project({"clips": [clip(film, 0, SECONDS)]}), begin=When(frame=11))
        watched = seen(await house.watch(played, tmp_path / "out.webm"))
        await house.over(played)
    assert watched.numbers == list(range(11, SECONDS * 25))
    assert watched.times == [Fraction(number, 25) for number in range(SECONDS * 25 - 11)]


async def test_of_three_large_layers_nothing_is_missing_for_who_plays_it(tmp_path: Path) -> None:
    tracks = []
    for picture in ("testsrc2", "smptehdbars", "numbered"):
        path = tmp_path / f"{picture}.mp4"
        large = "scale=1920:1080:flags=neighbor"
        make_clip(path, seconds=SECONDS, size=(384, 216), picture=picture, filters=large, gop=60, b_frames=2)
        tracks.append({"clips": [clip(path, 0, SECONDS, opacity=0.9)]})
    async with theatre(tmp_path / "home") as house:
        played = await house.play(project(*tracks, width=1920, height=1080), codecs=WEBM, width=640)
        watched = seen(await house.watch(played, tmp_path / "out.webm"))
        state = await house.over(played)
    assert watched.numbers == list(range(SECONDS * 25))
    assert (state.state, state.reason) == ("ended", "end")


@pytest.mark.usefixtures("hasty")
async def test_after_a_thousand_laps_sound_is_in_step(tmp_path: Path) -> None:
    flashing = make_flashing(tmp_path / "flashing.mp4", seconds=2, every=25)
    raw = project({"clips": [clip(flashing.path, 0, 2)]}, rate="30000/1001")
    # Eight frames are 12,812.8 samples; rounded in each lap they would be 17 ms too short by then.
    lap = Range(from_=When(frame=10), to=When(frame=18))
    async with theatre(tmp_path / "home") as house:
        played = await house.play(raw, begin=When(frame=10), range=lap, loop=True, codecs=VP8, width=64)
        written = await house.watch(played, tmp_path / "out.webm", most=90_000_000)
        house.services.plays.stop(played.play_id)
        await house.over(played)
    late = [blip - float(flash) for flash, blip in zip(flashes(written), blips(written, lasting=BLIP), strict=False)]
    assert len(late) > 1000
    assert max(late) - min(late) < 0.005
