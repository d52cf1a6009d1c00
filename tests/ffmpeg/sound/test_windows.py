"""Where the windows of a mix lie, and what their keys depend on: nothing is mixed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.project import AudioTrack, Clip, Color, Effect, NoiseSource, SilenceSource
from protocol.time import parse_rate
from sidecar.core.timeline import Timeline
from sidecar.core.timeline.joining import joined
from sidecar.ffmpeg.builder.sound.windows import MixPlan, cut_windows, plan_mix
from tests.ffmpeg.sound.listening import RATE, file_clip, mix, timeline, tone, write_wav
from tests.ffmpeg.sound.test_gains import FADE, SWAY
from tests.ffmpeg.sound.test_motion import NOISE
from tests.harness.rendering import RESOURCES

TEN_MINUTES = 60
"""Windows."""


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", np.zeros((2, RATE), np.float32))


def plan(line: Timeline, window: tuple[int, int] | None = None, prints: Mapping[str, str] | None = None) -> MixPlan:
    return plan_mix(line, window or (0, line.frames), RESOURCES, prints or {}, "9")


def keys(line: Timeline) -> list[str | None]:
    return [window.key for window in plan(line).windows]


def changed(one: Timeline, other: Timeline) -> list[int]:
    """Return the numbers of the windows whose keys differ."""
    return [number for number, (a, b) in enumerate(zip(keys(one), keys(other), strict=True)) if a != b]


def film(voice: Path, *, odd: dict[str, Any] | None = None, at: int = 30, **members: Any) -> Timeline:
    """Ten minutes of clips of 9.5 s on two tracks, each within a window; one of them may be an odd one."""
    tracks = []
    for track in range(2):
        clips = [
            file_clip(voice, n * 10 + 0.2, 9.5, source_start=n, **((odd or {}) if (track, n) == (1, at) else {}))
            for n in range(TEN_MINUTES)
        ]
        tracks.append(clips)
    return timeline(*tracks, [tone(440, 0, 600, level=0.1)], **members)


def test_windows_lie_on_the_project_s_grid() -> None:
    line = timeline([tone(440, 0, 60)], rate="24000/1001")
    assert cut_windows(line, 0, 500) == ((0, 240), (240, 480), (480, 500))
    assert cut_windows(line, 239, 481) == ((239, 240), (240, 480), (480, 481))
    assert cut_windows(line, 240, 300) == ((240, 300),)
    assert [window.bytes for window in plan(line, (0, 480)).windows] == [480_480 * 8] * 2


@pytest.mark.parametrize(
    ("odd", "touched"),
    [({"volume": 0.5}, [30]), ({"audio_fade_in": 1}, [30]), ({"effects": [Effect(type="delay")]}, [30, 31])],
)
def test_a_clip_of_ten_minutes_touches_its_own_windows(odd: dict[str, Any], touched: list[int], voice: Path) -> None:
    assert changed(film(voice), film(voice, odd=odd)) == touched


def test_the_master_volume_touches_all_windows(voice: Path) -> None:
    assert changed(film(voice), film(voice, master_volume=0.5)) == list(range(TEN_MINUTES))


def test_a_window_says_which_files_are_heard_in_it(voice: Path) -> None:
    clips = [file_clip(voice, 12, 5)]
    line = timeline(clips, [tone(440, 0, 30)])
    found = plan(line, prints={str(voice): "print"})
    assert [window.sources for window in found.windows] == [(), (str(voice),), ()]
    assert found.sources == (str(voice),)
    assert found.key == plan(timeline(clips, [tone(440, 0, 30)]), prints={str(voice): "print"}).key


def test_what_is_not_heard_changes_nothing(voice: Path) -> None:
    key = plan(film(voice)).key
    assert key == plan(film(voice, odd={"opacity": 0.5, "name": "x"}, name="renamed", background="#ff0000")).key
    assert key != plan(film(voice, odd={"pan": 0.5})).key


@pytest.mark.parametrize(
    ("kind", "reached"),
    [("equalizer", range(30, 60)), ("compressor", range(30, 60)), ("reverb", (30, 31))],
)
def test_effects_of_a_track_hear_what_came_before(kind: str, reached: Sequence[int], voice: Path) -> None:
    parameters = RESOURCES.catalogue.effects[kind].shown

    def line(volume: float) -> Timeline:
        clips = [
            file_clip(voice, n * 10 + 0.2, 9.5, volume=volume if n == 30 else 1, source_start=n)
            for n in range(TEN_MINUTES)
        ]
        track = AudioTrack(clips=clips, effects=[Effect(type=kind, parameters=dict(parameters))])
        return timeline(track, [tone(440, 0, 600)])

    found = changed(line(1), line(0.5))
    # What looks ahead may count the window before the change too.
    assert set(reached) <= set(found) <= {29, *reached}


def test_effects_of_a_project_are_applied_to_the_sum(voice: Path) -> None:
    effects = [Effect(type="compressor", parameters={"threshold": -30})]
    one, other = film(voice, effects=effects), film(voice, effects=effects, odd={"volume": 0.5})

    assert plan(one).summed
    assert changed(one, other) == [30]
    assert keys(one) == keys(film(voice, effects=effects, master_volume=0.5))
    assert plan(one).key != plan(film(voice, effects=effects, master_volume=0.5)).key
    assert plan(one).key != plan(film(voice, effects=[Effect(type="compressor", parameters={"threshold": -20})])).key
    assert [window.first for window in plan(one, (2_600, 2_700)).windows] == list(range(0, 2_700, 250))


def test_a_key_does_not_tell_when_a_window_is(voice: Path) -> None:
    def line(start: int) -> Timeline:
        clips = [
            file_clip(voice, start, 8, volume=FADE, pan=SWAY, effects=[Effect(type="reverb", parameters={"level": 1})]),
            file_clip(voice, start + 10, 15, speed=1.7, audio_fade_out=1),
            Clip(source=NoiseSource(), start=start + 26, duration=4),
        ]
        return timeline(clips, [tone(500, start, 30)], [Clip(source=SilenceSource(), start=0, duration=60)])

    early, late = keys(line(0)), keys(line(20))
    assert None not in early[:3]
    assert late == [None, None, *early[:4]]


def cut_in_three(path: Path, rate: str = "25", **odd: Any) -> Timeline:
    """A clip of three seconds and less, cut after every 23 frames; the middle may be odd."""
    length = 23 / parse_rate(rate)
    clips = [
        file_clip(
            path, str(n * length), str(length), source_start=str(n * length), id=f"c{n}", **(odd if n == 1 else {})
        )
        for n in range(3)
    ]
    return timeline(clips, rate=rate)


SEEN: dict[str, Any] = {"color": Color(brightness=0.2), "fade_in": 0.2, "fade_out": 0.2, "opacity": SWAY}


@pytest.mark.parametrize(
    ("odd", "alike"),
    [(SEEN, True), ({"volume": 0.5}, False), ({"pan": SWAY}, False), ({"audio_fade_in": 0.1}, False)],
    ids=("seen", "volume", "pan", "fade"),
)
def test_a_part_that_only_looks_otherwise_is_no_other_sound(odd: dict[str, Any], voice: Path, *, alike: bool) -> None:
    one, other = joined(cut_in_three(voice)), joined(cut_in_three(voice, **odd))
    assert (len(one.audio[0].items), len(other.audio[0].items) > 1) == (1, True)
    assert (plan(one).key == plan(other).key) is alike


def test_what_is_heard_of_parts_is_heard_of_the_whole(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "noise.wav", 0.3 * NOISE)
    line = cut_in_three(path, **SEEN)
    one = joined(line, heard=True)
    assert len(one.audio[0].items) == 1
    assert np.array_equal(mix(one), mix(line))


def test_where_no_sample_meets_a_cut_it_stays(voice: Path) -> None:
    line = cut_in_three(voice, "30000/1001")
    assert joined(line, heard=True) == line


def test_silence_has_no_key(voice: Path) -> None:
    line = timeline([file_clip(voice, 0, 5), file_clip(voice, 15, 20, volume=0), file_clip(voice, 40, 1)])
    assert [key is None for key in keys(line)] == [False, True, True, True, False]


def test_a_file_counts_by_its_content(voice: Path) -> None:
    line = timeline([file_clip(voice, 0, 5), file_clip(voice, 15, 5)], [tone(440, 20, 5)])
    one, other = (plan(line, prints={str(voice): content}) for content in ("one", "other"))
    differ = [a.key != b.key for a, b in zip(one.windows, other.windows, strict=True)]
    assert differ == [True, True, False]
    assert one.key != other.key
