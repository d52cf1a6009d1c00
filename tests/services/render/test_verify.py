"""What was written is compared with what was planned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from protocol.errors import RenderFailed
from sidecar.services.render.verify import Expected, verify
from tests.harness.media import make_clip, run_ffmpeg

SECOND = Expected(frames=25, sound=True, duration=Fraction(1), frame=Fraction(1, 25))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("verify") / "clip.mp4", seconds=1, rate="25", audio="stereo")


def test_a_file_as_planned(clip: Path) -> None:
    verified = verify(clip, SECOND)
    assert (verified.streams, verified.frames, verified.duration, verified.joins) == (True, True, True, 0)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (Expected(26, sound=True, duration=Fraction(1), frame=Fraction(1, 25)), "25 frames instead of 26"),
        (Expected(25, sound=False, duration=Fraction(1), frame=Fraction(1, 25)), "1 sound streams"),
        (Expected(None, sound=True, duration=Fraction(1), frame=Fraction(1, 25)), "1 picture streams"),
        (Expected(25, sound=True, duration=Fraction(2), frame=Fraction(1, 25)), "instead of 2.000 s"),
    ],
)
def test_every_difference_is_named(clip: Path, expected: Expected, said: str) -> None:
    with pytest.raises(RenderFailed, match=said):
        verify(clip, expected)


def test_sound_alone(tmp_path: Path) -> None:
    wave = make_clip(tmp_path / "tone.wav", seconds=2, picture=None, audio="stereo")
    expected = Expected(frames=None, sound=True, duration=Fraction(2), frame=Fraction(1, 25))
    assert verify(wave, expected).frames


@pytest.mark.parametrize("rate", ["48", "30000/1001", "24000/1001", "16", "240"])
def test_frames_are_found_however_their_times_are_rounded(rate: str, tmp_path: Path) -> None:
    every = Fraction(rate)
    film = tmp_path / "film.mkv"
    graph = f"testsrc2=size=64x64:rate={rate},trim=end_frame=24"
    run_ffmpeg(["-f", "lavfi", "-i", graph, "-c:v", "ffv1", "-g", "1", str(film)])
    joins = range(1, 24)
    assert verify(film, Expected(24, sound=False, duration=24 / every, frame=1 / every), joins).joins == len(joins)


def test_a_frame_that_decoding_does_not_begin_with(clip: Path) -> None:
    with pytest.raises(RenderFailed, match="frame 3 is none that decoding begins with"):
        verify(clip, SECOND, [3])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_long_file(suffix: str, tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / f"film{suffix}", seconds=8, rate="25", gop=25, b_frames=2, size=(48, 32), audio="stereo"
    )
    expected = Expected(200, sound=True, duration=Fraction(8), frame=Fraction(1, 25))
    assert verify(film, expected, [25, 175]).joins == 2
    for wrong, said in (
        (replace(expected, frames=199), "200 frames"),
        (replace(expected, duration=Fraction(7)), "8.0"),
    ):
        with pytest.raises(RenderFailed, match=said):
            verify(film, wrong)


@pytest.mark.parametrize("last", ["picture", "sound"])
def test_a_file_that_ends_before_its_last_packet(last: str, tmp_path: Path) -> None:
    audio = "stereo" if last == "sound" else None
    film = make_clip(tmp_path / "film.mp4", seconds=4, rate="25", audio=audio, options=("-movflags", "+faststart"))
    expected = Expected(100, sound=audio is not None, duration=Fraction(4), frame=Fraction(1, 25))
    verify(film, expected)
    with av.open(str(film)) as container:
        ends = {stream.type: max(each.pos + each.size for each in stream.index_entries) for stream in container.streams}
    assert max(ends, key=ends.__getitem__) == ("audio" if last == "sound" else "video")
    assert max(ends.values()) == film.stat().st_size
    with film.open("rb+") as file:
        file.truncate(film.stat().st_size - 1)
    with pytest.raises(RenderFailed, match="a packet is missing that its index names"):
        verify(film, expected)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a film")
    with pytest.raises(RenderFailed, match="cannot be read"):
        verify(broken, SECOND)
