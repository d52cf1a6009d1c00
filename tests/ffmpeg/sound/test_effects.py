"""Lists of effects at their places: order, intervals, mix, tails, keys; and that a window is the whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

from protocol.project import AudioTrack, Effect
from protocol.time import sample_at_frame
from sidecar.core.timeline import Timeline
from sidecar.effects.parameters import Parameters, number, track
from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import bundled_fonts
from tests.ffmpeg.sound.listening import RATE, RESOURCES, Sound, file_clip, mix, timeline, write_wav
from tests.ffmpeg.sound.mixing import mix_shared
from tests.ffmpeg.sound.test_motion import NOISE


class Amount(Parameters):
    """One number."""

    amount: Annotated[float, number(-10, 10, "A number")] = 0.25


class Listening(Parameters):
    """A track."""

    track: Annotated[str | None, track("A track")] = None


def added(stream: Stream, parameters: Amount, scene: SoundScene) -> Stream:
    exprs = "|".join(f"val({channel})+{parameters.amount}" for channel in range(scene.channels))
    return node("aeval", stream, exprs=Expression(exprs), c="same")


def echoed(stream: Stream, parameters: Amount, _scene: SoundScene) -> Stream:
    late = node("adelay", stream, delays=f"{RATE // 2}S", all=1)
    return node("amix", stream, late, inputs=2, duration="longest", dropout_transition=0, normalize=0)


def gated(stream: Stream, _parameters: Listening, scene: SoundScene) -> Stream:
    assert scene.key is not None
    return node("amultiply", stream, scene.key)


def clocked(stream: Stream, _parameters: Amount, scene: SoundScene) -> Stream:
    """Every sample becomes its number on the owner's clock, over 10 seconds."""
    exprs = "|".join(f"(n+{scene.first})/{10 * RATE}" for _ in range(scene.channels))
    return node("aeval", stream, exprs=Expression(exprs), c="same")


def toy(name: str, build: Any, parameters: Any = Amount, **members: Any) -> EffectKind:
    return EffectKind(name, "audio", "toys", name, name, parameters, build, **members)


HALF = Fraction(1, 2)
TOYS = Resources(
    bundled_fonts(),
    Catalogue(
        {
            kind.name: kind
            for kind in (
                toy("add", added),
                toy("echo", echoed, pre_roll=lambda _: HALF, tail=lambda _: HALF),
                toy("whole", echoed, pre_roll=lambda _: None, tail=lambda _: HALF),
                toy("key", gated, Listening),
                toy("clock", clocked),
            )
        }
    ),
)


def add(amount: float = 0.25, **members: Any) -> Effect:
    return Effect(type="add", parameters={"amount": amount}, **members)


def heard(line: Timeline, window: tuple[int, int] | None = None) -> Sound:
    return mix(line, window, TOYS)


@pytest.fixture(scope="module")
def ones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("ones") / "ones.wav", np.ones((2, 10 * RATE)))


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("noise") / "noise.wav", NOISE)


def test_lists_act_at_their_places_in_the_order_of_the_page(ones: Path) -> None:
    clip = file_clip(ones, 0, 2, effects=[add(1)], volume=0.5, pan=0.5, audio_fade_in=1)
    line = timeline(
        AudioTrack(clips=[clip], effects=[add(0.125)], volume=2, pan=-0.5), effects=[add(0.25)], master_volume=0.5
    )
    sound = heard(line)
    fade = np.minimum(1, np.arange(2 * RATE) / RATE)
    left = (((1 + 1) * 0.5 * fade * 0.5 + 0.125) * 2 + 0.25) * 0.5
    right = (((1 + 1) * 0.5 * fade + 0.125) * 2 * 0.5 + 0.25) * 0.5

    assert np.abs(sound - np.stack([left, right])).max() < 1e-6


def test_an_effect_acts_in_its_interval_on_its_owner_s_clock_by_its_mix(ones: Path) -> None:
    effects = [
        add(1, start=0.5, end=1, mix=0.25),
        add(8, enabled=False),
        add(8, mix=0),
        add(2, start="5/4"),
        Effect(type="unknown"),
    ]
    track = AudioTrack(clips=[file_clip(ones, 1, 2, effects=effects)], effects=[add(16, start=2.5, end=2.75)])
    sound = heard(timeline(track))[0]
    wanted = np.zeros(3 * RATE)
    wanted[RATE:] = 1
    wanted[RATE * 3 // 2 : 2 * RATE] += 0.25
    wanted[RATE * 9 // 4 :] += 2
    wanted[RATE * 5 // 2 : RATE * 11 // 4] += 16

    assert np.abs(sound - wanted).max() < 1e-6


def test_a_clip_s_clock_is_its_own_and_runs_in_its_handles(ones: Path) -> None:
    line = timeline([file_clip(ones, "1/3", 2, effects=[Effect(type="clock")])], rate="30000/1001")
    start = sample_at_frame(10, line.rate, RATE)
    sound = heard(line)[0]

    assert np.abs(sound[start:] - np.arange(len(sound) - start) / (10 * RATE)).max() < 1e-6
    assert np.array_equal(
        heard(line, (33, 50))[0], sound[sample_at_frame(33, line.rate, RATE) :][: len(heard(line, (33, 50))[0])]
    )


def test_a_tail_sounds_on_under_the_clips_that_follow_up_to_the_end(ones: Path) -> None:
    echo = Effect(type="echo")
    clips = [file_clip(ones, 0, 1, effects=[echo]), file_clip(ones, 1, 0.2, effects=[echo]), file_clip(ones, 1.2, 0.6)]
    sound = heard(timeline(clips))[0]
    wanted = np.zeros(round(1.8 * RATE))
    for start, length in ((0, 1), (0.5, 1), (1, 0.2), (1.5, 0.2), (1.2, 0.6)):
        wanted[round(start * RATE) : round((start + length) * RATE)] += 1

    assert np.abs(sound - wanted).max() < 1e-6


def test_a_fade_out_and_an_effect_that_ends_have_no_tail(ones: Path) -> None:
    faded = file_clip(ones, 0, 1, effects=[Effect(type="echo")], audio_fade_out=0.1)
    ended = file_clip(ones, 2, 1, effects=[Effect(type="echo", end=1)])
    sound = heard(timeline([faded, ended, file_clip(ones, 4, 0.2, volume=0.5)]))[0]

    assert not sound[RATE : 2 * RATE].any()
    assert not sound[3 * RATE : 4 * RATE].any()
    assert sound[round(0.8 * RATE)] == 2


@pytest.mark.parametrize("members", [{}, {"muted": True}, {"volume": 0.5, "pan": 1, "muted": True}])
def test_a_key_is_the_track_after_its_volume_whether_muted_or_not(members: dict[str, Any], ones: Path) -> None:
    key = AudioTrack(id="k", clips=[file_clip(ones, 0.4, 1, volume=0.5)], **members)
    keyed = AudioTrack(clips=[file_clip(ones, 0, 2)], effects=[Effect(type="key", parameters={"track": "k"})])
    only = heard(timeline(AudioTrack(clips=[file_clip(ones, 0, 2)], volume=0), key, keyed))
    level = 0.5 * members.get("volume", 1)
    own = 0 if members.get("muted") else level

    assert not only[:, : RATE * 2 // 5].any()
    assert only[:, RATE].tolist() == pytest.approx([level + own, level + own])
    assert not only[:, RATE * 7 // 5 :].any()


REAL = sorted(RESOURCES.catalogue.effects)


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("owner", ["clip", "track", "project"])
def test_frames_60_to_69_are_the_same_wherever_a_pass_begins(kind: str, owner: str, noise: Path) -> None:
    shown = dict(RESOURCES.catalogue.effects[kind].shown)
    if kind == "ducking":
        shown["track"] = "k"
    effects = [Effect(type=kind, parameters=shown)]
    clip = file_clip(noise, 0.3, 3.4, source_start=2, effects=effects if owner == "clip" else [])
    line = timeline(
        AudioTrack(clips=[clip], effects=effects if owner == "track" else []),
        AudioTrack(id="k", clips=[file_clip(noise, 1, 2, source_start=9, volume=0.5)], muted=owner != "project"),
        rate="30000/1001",
        effects=effects if owner == "project" else [],
    )
    whole = mix(line)
    start, end = (sample_at_frame(frame, line.rate, RATE) for frame in (60, 70))

    assert np.array_equal(mix(line, (60, 70)), whole[:, start:end])


@pytest.mark.parametrize("name", ["echo", "whole"])
def test_effects_are_the_same_off_the_shelf(name: str, noise: Path, tmp_path: Path) -> None:
    effect = Effect(type=name)
    clips = [
        file_clip(noise, 0.5, 12, effects=[effect, add(0.1, start=3, mix=0.5)]),
        file_clip(noise, 12.5, 9, speed=1.3),
    ]
    key = Effect(type="key", parameters={"track": "k"})
    line = timeline(
        AudioTrack(clips=clips, effects=[effect], volume=0.5),
        AudioTrack(clips=[file_clip(noise, 3, 15, source_start=5)], effects=[key]),
        AudioTrack(id="k", clips=[file_clip(noise, 1, 18)], muted=True, effects=[effect]),
        effects=[effect, add(0.01)],
        master_volume=0.7,
    )
    whole = heard(line)
    assert np.array_equal(mix_shared(line, tmp_path / "mix", resources=TOYS).sound, whole)
    part = mix_shared(line, tmp_path / "part", (300, 400), TOYS).sound
    assert np.array_equal(part, whole[:, 12 * RATE : 16 * RATE])
