"""Tones at known levels through every path of a mix and out of it: level of every channel, and nothing beside the tone."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import AudioExport, AudioTrack, Clip, Export, Key, Keyframes, ToneSource, Transition
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.render import soundtrack
from tests.ffmpeg.sound.listening import RATE, RESOURCES, Sound, level, listen, mix, timeline

LEVEL = 0.25
TONE = 20 * np.log10(LEVEL / np.sqrt(2))
CLOSE = 0.05
"""Decibels."""

C = 0.7071
HZ = 997

LAYOUTS = (1, 2, 6, 8)


def tone(start: float = 0, duration: float = 2, **members: Any) -> Clip:
    return Clip(source=ToneSource(frequency=HZ, level=LEVEL), start=start, duration=duration, **members)


def exported(line: Timeline, channels: int, rate: int = RATE) -> Sound:
    """Sound as an encoder of floats is given it."""
    audio = AudioExport(codec="pcm_f32le", channels=channels, sample_rate=rate)  # type: ignore[arg-type]
    export = Export(container="wav", video=None, audio=audio)
    made = soundtrack(line, export, output_span(line, export), RESOURCES)
    return listen(made.stream, channels, made.files)


def gains(sound: NDArray[Any], part: slice = slice(RATE // 4, -RATE // 4)) -> list[float]:
    """Level of each channel against the tone, as a factor; 0 below -100 dB."""
    factors = [10 ** ((level(channel[part]) - TONE) / 20) for channel in sound]
    return [factor if factor > 1e-5 else 0.0 for factor in factors]


def same(found: list[float], wanted: list[float]) -> None:
    for one, other in zip(found, wanted, strict=True):
        if other == 0:
            assert one == 0
        else:
            assert 20 * np.log10(one / other) == pytest.approx(0, abs=CLOSE)


def clean(channel: NDArray[Any], rate: int = RATE) -> None:
    """Assert that the tone stands alone: nothing else within 80 dB of it."""
    part = channel[rate // 4 : rate // 4 + rate]
    spectrum = np.abs(np.fft.rfft(part * np.blackman(len(part))))
    peak = int(np.argmax(spectrum))
    assert peak == pytest.approx(HZ, abs=1)
    spectrum[peak - 4 : peak + 5] = 0
    assert 20 * np.log10(spectrum.max() / np.abs(np.fft.rfft(part * np.blackman(len(part)))).max()) < -80


OUT: dict[tuple[int, int], list[float]] = {
    # A tone fills mono, stereo, and the front pair of what has more.
    (1, 1): [1],
    (1, 2): [1, 1],
    (1, 6): [1, 1, 0, 0, 0, 0],
    (1, 8): [1, 1, 0, 0, 0, 0, 0, 0],
    (2, 1): [1],
    (2, 2): [1, 1],
    (2, 6): [1, 1, 0, 0, 0, 0],
    (2, 8): [1, 1, 0, 0, 0, 0, 0, 0],
    (6, 1): [1],
    (6, 2): [1, 1],
    (6, 6): [1, 1, 0, 0, 0, 0],
    (6, 8): [1, 1, 0, 0, 0, 0, 0, 0],
    (8, 1): [1],
    (8, 2): [1, 1],
    (8, 6): [1, 1, 0, 0, 0, 0],
    (8, 8): [1, 1, 0, 0, 0, 0, 0, 0],
}


@pytest.mark.parametrize(("inside", "outside"), OUT)
@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_every_layout_into_every_layout(inside: int, outside: int, rate: int) -> None:
    heard = exported(timeline([tone()], channels=inside), outside, rate)

    same(gains(heard), OUT[inside, outside])
    clean(heard[0], rate)


@pytest.mark.parametrize("volume", [0.001, 0.25, 1, 4])
@pytest.mark.parametrize("where", ["clip", "track", "master"])
def test_every_volume(volume: float, where: str) -> None:
    clip = tone(volume=volume if where == "clip" else 1)
    track = AudioTrack(clips=[clip], volume=volume if where == "track" else 1)
    heard = mix(timeline(track, master_volume=volume if where == "master" else 1))

    same(gains(heard), [volume, volume])
    clean(heard[0])


@pytest.mark.parametrize("pan", [-1, -0.4, 0, 0.4, 1])
@pytest.mark.parametrize("where", ["clip", "track"])
@pytest.mark.parametrize("channels", LAYOUTS)
def test_every_pan(pan: float, where: str, channels: int) -> None:
    track = AudioTrack(clips=[tone(pan=pan if where == "clip" else 0)], pan=pan if where == "track" else 0)
    heard = mix(timeline(track, channels=channels))
    pair = [min(1, 1 - pan), min(1, 1 + pan)]

    same(gains(heard), [1] if channels == 1 else [*pair, *[0] * (channels - 2)])


def test_the_middle_of_fades_keys_and_cross_fades() -> None:
    """Over the 20 ms around its middle a ramp of seconds is as good as steady."""
    keys = Keyframes(keyframes=[Key(time=0, value=0), Key(time=4, value=2)])
    line = timeline([tone(0, 4, audio_fade_in=4)], [tone(4, 4, audio_fade_out=4)], [tone(8, 4, volume=keys)])
    heard = mix(line)
    for second, wanted in ((2, 0.5), (6, 0.5), (10, 1.0)):
        same(gains(heard, slice(second * RATE - 480, second * RATE + 480)), [wanted, wanted])


@pytest.mark.parametrize(
    ("audio", "sides"),
    [("constantPower", (cos(pi / 8), sin(pi / 8))), ("linear", (0.75, 0.25)), ("cut", (1.0, 0.0))],
)
def test_a_quarter_of_a_cross_fade(audio: Any, sides: tuple[float, float]) -> None:
    change = Transition(type="crossfade", from_="a", to="b", duration=2, audio=audio)
    clips = [tone(0, 4, id="a", pan=-1), tone(4, 4, id="b", pan=1)]
    heard = mix(timeline(AudioTrack(clips=clips, transitions=[change])))

    same(gains(heard, slice(round(3.5 * RATE) - 240, round(3.5 * RATE) + 240)), list(sides))


@pytest.mark.parametrize("audio", ["constantPower", "linear", "cut"])
@pytest.mark.parametrize("side", ["from", "to"])
def test_a_free_end_fades_alone(audio: Any, side: str) -> None:
    ends = {"from_": "a", "to": None} if side == "from" else {"from_": None, "to": "a"}
    change = Transition(type="crossfade", duration=2, audio=audio, **ends)  # type: ignore[arg-type]
    heard = mix(timeline(AudioTrack(clips=[tone(0, 6, id="a")], transitions=[change])))
    at = 4.5 if side == "from" else 1.5
    wanted = {"constantPower": cos(pi / 8), "linear": 0.75, "cut": 1.0}[audio]

    same(gains(heard, slice(round(at * RATE) - 240, round(at * RATE) + 240)), [wanted, wanted])


def test_tracks_that_meet_are_summed() -> None:
    heard = mix(timeline(*([tone(volume=0.5)] for _ in range(7)), master_volume=0.5))

    same(gains(heard), [7 / 4, 7 / 4])
    clean(heard[0])


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_every_rate_of_a_project(rate: int) -> None:
    line = timeline([tone()], sample_rate=rate)
    heard = exported(line, 2, rate)

    same(gains(heard, slice(rate // 4, -rate // 4)), [1, 1])
    clean(heard[0], rate)


def test_silence_is_all_zero(tmp_path: Path) -> None:
    still = timeline([tone(muted=True), tone(3, 1)])
    heard = exported(still, 6)

    assert not heard[:, : 3 * RATE].any()
    assert heard[:2, 3 * RATE :].any()
    assert not list(tmp_path.iterdir())
