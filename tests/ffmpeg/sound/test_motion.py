"""Sound that runs backwards, by a time map, in a loop, at another speed; and noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Clip, FileSource, NoiseSource, VideoTrack
from protocol.project.clip import TimeKey
from protocol.time import sample_at_frame
from tests.ffmpeg.sound.listening import RATE, file_clip, level, mix, pitch, sine, timeline, tone, write_wav
from tests.ffmpeg.sound.test_speed import bursts, centre


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 seconds in which no two pieces are alike, of two channels."""
    return write_wav(tmp_path_factory.mktemp("noise") / "noise.wav", NOISE)


NOISE = np.random.default_rng(7).uniform(-0.5, 0.5, (2, 30 * RATE)).astype(np.float32)


def test_backwards_every_sample_stands_where_it_belongs(noise: Path) -> None:
    heard = mix(timeline([file_clip(noise, 0.4, 24, source_start=1.5, reverse=True)]))[:, round(0.4 * RATE) :]

    assert np.array_equal(heard, NOISE[:, round(1.5 * RATE) : round(25.5 * RATE)][:, ::-1])


@pytest.mark.parametrize("kept", ["keep", "varispeed"])
@pytest.mark.parametrize("speed", [0.5, 0.9, 1.7, 3.0])
def test_backwards_at_speed_sound_stays_with_its_picture(kept: str, speed: float, tmp_path: Path) -> None:
    times = [1.0, 2.2, 3.1, 4.6]
    path = write_wav(tmp_path / "bursts.wav", bursts(times, 6))
    members: dict[str, Any] = {"speed": speed, "pitch": kept, "reverse": True, "source_start": 0.25}
    sound = mix(timeline([file_clip(path, 1, 5.5 / speed, **members)]))[0]
    span = round(5.5 / speed * 25) / 25 * speed
    for time in times:
        expected = 1 + (0.25 + span - time) / speed
        assert centre(sound, expected, 0.3 / speed) == pytest.approx(expected, abs=0.010 if kept == "keep" else 0.001)


RAMP = [
    TimeKey(time=0, source=0.5, easing="easeInOut"),
    TimeKey(time=2, source=4.5),
    TimeKey(time=3, source=5.0, easing="easeIn"),
    TimeKey(time=4, source=2.0, easing="hold"),
    TimeKey(time=5, source=1.0, easing="easeOut"),
    TimeKey(time=6, source=2.5),
]


def test_a_time_map_takes_every_event_to_its_moment(tmp_path: Path) -> None:
    times = [round(0.7 + 0.31 * number, 3) for number in range(14)]
    path = write_wav(tmp_path / "bursts.wav", bursts(times, 6))
    line = timeline([file_clip(path, 0.48, 6, time_map=RAMP)], rate="30000/1001")
    sound = mix(line)[0]
    item = line.audio[0].items[0]
    edges = np.arange(item.first, item.end + 1)
    place = np.array([float(item.instant(int(frame), line.rate)) for frame in edges])
    speed = np.abs(np.diff(place)) * float(line.rate)
    met = 0
    for time in times:
        # Where it crawls the event lasts too long to have one moment; where it jumps it is not heard.
        for frame in np.flatnonzero(((place[:-1] - time) * (place[1:] - time) < 0) & (speed > 0.5) & (speed < 20)):
            share = (time - place[frame]) / (place[frame + 1] - place[frame])
            expected = (edges[frame] + share) / float(line.rate)
            assert centre(sound, expected, 0.02) == pytest.approx(expected, abs=0.003)
            met += 1
    assert met >= 16


def test_pieces_of_a_time_map_join_without_clicks(tmp_path: Path) -> None:
    """The phase of a sine played along a map is known: what differs from it anywhere is a click."""
    path = write_wav(tmp_path / "sine.wav", sine(400, 0.5, 8 * RATE)[None])
    ramp = [TimeKey(time=0, source=0.5, easing="easeInOut"), TimeKey(time=4, source=6.5, easing="easeOut")]
    ramp.append(TimeKey(time=6, source=3.5))
    line = timeline([file_clip(path, 0, 6, time_map=ramp)])
    heard = mix(line)[0]
    item = line.audio[0].items[0]
    edges = [sample_at_frame(frame, line.rate, RATE) for frame in range(item.first, item.end + 1)]
    place = [float(item.instant(frame, line.rate)) for frame in range(item.first, item.end + 1)]
    seconds = np.interp(np.arange(len(heard)), edges, place)
    ideal = 0.5 * np.sin(2 * np.pi * 400 * seconds)

    assert np.abs(heard - ideal).max() < 0.01
    steps: NDArray[Any] = np.abs(np.diff(heard, n=2))
    assert steps.max() < 1.3 * np.abs(np.diff(ideal, n=2)).max()


def test_a_hold_is_silent_and_a_linear_map_is_a_speed(noise: Path) -> None:
    held = [TimeKey(time=0, source=1, easing="hold"), TimeKey(time=1, source=2), TimeKey(time=2, source=3)]
    heard = mix(timeline([file_clip(noise, 0, 3, time_map=held)]))

    assert not heard[:, : round(0.96 * RATE)].any()
    assert np.array_equal(heard[:, RATE : 2 * RATE], NOISE[:, 2 * RATE : 3 * RATE])
    assert not heard[:, 2 * RATE :].any()


@pytest.mark.parametrize(
    "members",
    [
        {"reverse": True},
        {"reverse": True, "speed": 1.7, "pitch": "varispeed"},
        {"speed": 0.63, "pitch": "varispeed"},
        {"speed": 1.25},
        {"speed": 0.8, "reverse": True},
        {"time_map": RAMP},
    ],
    ids=["backwards", "backwards-varispeed", "varispeed", "stretched", "backwards-stretched", "map"],
)
@pytest.mark.parametrize("window", [(60, 70), (131, 150)])
def test_a_window_is_the_whole_bit_for_bit(members: dict[str, Any], window: tuple[int, int], noise: Path) -> None:
    line = timeline([file_clip(noise, 0.24, 6, source_start=1, **members)], rate="30000/1001")
    start, end = (sample_at_frame(frame, line.rate, RATE) for frame in window)

    assert np.array_equal(mix(line, window), mix(line)[:, start:end])


def looping(path: Path, start: float, duration: float, **members: Any) -> Clip:
    source = FileSource(path=str(path), video_stream=None, loop=True)
    return Clip(source=source, start=start, duration=duration, **members)


def test_a_looped_file_begins_again_at_its_end(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", NOISE[:, : round(1.2 * RATE)])
    line = timeline(VideoTrack(clips=[looping(short, 0, 5, source_start=0.3)]), durations={str(short): "6/5"})
    heard = mix(line)
    turns = np.tile(NOISE[:, : round(1.2 * RATE)], 6)

    assert np.array_equal(heard, turns[:, round(0.3 * RATE) : round(5.3 * RATE)])
    again = [sample_at_frame(frame, line.rate, RATE) for frame in (60, 70)]
    assert np.array_equal(mix(line, (60, 70)), heard[:, again[0] : again[1]])


@pytest.mark.parametrize(("kept", "exactly"), [("keep", 0.010), ("varispeed", 0.001)])
def test_a_looped_file_at_speed_stays_in_step(kept: str, exactly: float, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "bursts.wav", bursts([0.5], 1.2))
    clip = looping(path, 0, 4, speed=1.5, pitch=kept)
    heard = mix(timeline(VideoTrack(clips=[clip]), durations={str(path): "6/5"}))[0]

    for turn in range(4):
        expected = (0.5 + 1.2 * turn) / 1.5
        assert centre(heard, expected, 0.25) == pytest.approx(expected, abs=exactly)


def test_noise_has_its_level_and_is_white() -> None:
    clip = Clip(source=NoiseSource(seed=3, level=0.25), start=0.2, duration=12)
    heard = mix(timeline([clip]))
    made = heard[0, round(0.2 * RATE) :]

    assert not heard[:, : round(0.2 * RATE)].any()
    assert np.array_equal(heard[0], heard[1])
    assert np.abs(made).max() == pytest.approx(0.25, abs=0.001)
    assert level(made) == pytest.approx(20 * np.log10(0.25 / np.sqrt(3)), abs=0.05)
    power = np.abs(np.fft.rfft(made)) ** 2
    bands = [band.mean() for band in np.array_split(power, 8)]
    assert max(bands) / min(bands) < 1.1


def test_noise_is_decided_by_its_seed_and_its_place_in_the_clip() -> None:
    def made(seed: int, start: float, window: tuple[int, int] | None = None) -> Any:
        clip = Clip(source=NoiseSource(seed=seed), start=start, duration=11)
        return mix(timeline([clip], rate="30000/1001"), window)[0]

    whole = made(5, 0)
    for window in ((60, 70), (295, 310)):
        start, end = (sample_at_frame(frame, timeline([], rate="30000/1001").rate, RATE) for frame in window)
        assert np.array_equal(made(5, 0, window), whole[start:end])
    assert np.array_equal(made(5, 1001 / 1000)[round(1.001 * RATE) :], whole)
    other = made(6, 0)
    assert abs(np.corrcoef(other, whole)[0, 1]) < 0.01
    assert abs(np.corrcoef(whole[: 60 * 480], whole[10 * RATE : 10 * RATE + 60 * 480])[0, 1]) < 0.02


def test_noise_on_a_video_track_is_a_picture_only() -> None:
    clip = Clip(source=NoiseSource(), start=0, duration=1)
    heard = mix(timeline(VideoTrack(clips=[clip]), [tone(440, 0, 1, level=0.25)]))

    assert pitch(heard[0]) == pytest.approx(440, abs=1)
    assert np.abs(heard).max() <= 0.2501
