"""A mix that is shared out among processes is the mix of one, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.project import AudioTrack, Clip, FileSource, NoiseSource, Transition
from protocol.time import sample_at_frame
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.sound.sharing import MAX_FILTERS, MAX_INPUTS, share_sound
from tests.ffmpeg.sound.listening import RATE, RESOURCES, file_clip, mix, timeline, tone, write_wav
from tests.ffmpeg.sound.mixing import mix_shared
from tests.ffmpeg.sound.test_gains import FADE, SWAY
from tests.ffmpeg.sound.test_motion import NOISE, RAMP
from tests.harness.media import run_ffmpeg


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("noise") / "noise.wav", NOISE)


@pytest.fixture(scope="module")
def compressed(noise: Path) -> Path:
    path = noise.with_suffix(".m4a")
    run_ffmpeg(["-i", str(noise), "-ar", "44100", "-c:a", "aac", "-b:a", "256k", str(path)])
    return path


KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "fades": {"audio_fade_in": 2, "audio_fade_out": 9, "volume": 0.5, "pan": 0.3},
    "gains": {"volume": FADE, "pan": SWAY},
    "backwards": {"reverse": True},
    "varispeed": {"speed": 0.7, "pitch": "varispeed"},
    "stretched": {"speed": 1.25},
    "backwards-stretched": {"speed": 1.25, "reverse": True},
    "map": {"time_map": RAMP},
}


@pytest.mark.parametrize("members", KINDS.values(), ids=KINDS)
def test_every_kind_of_clip_is_the_same_off_the_shelf(
    members: dict[str, Any], compressed: Path, tmp_path: Path
) -> None:
    clips = [
        file_clip(compressed, 0.3, 21, source_start=0.7, id="a", **members),
        file_clip(compressed, 21.3, 1, source_start=9),
        tone(333, 23, 1),
        Clip(source=NoiseSource(), start=24, duration=1),
    ]
    line = timeline(clips, [tone(500, 1, 23, level=0.1)], rate="30000/1001", master_volume=0.5)
    shared = mix_shared(line, tmp_path / "mix")
    whole = mix(line)

    assert np.array_equal(shared.sound, whole)
    window = (200, 500)
    at = [sample_at_frame(frame, line.rate, RATE) for frame in window]
    part = mix_shared(line, tmp_path / "part", window)
    assert np.array_equal(part.sound, whole[:, at[0] : at[1]])


def test_clips_from_anywhere_in_a_file_are_read_off_the_shelf(
    compressed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where several decoders would have to begin at the file's start for them, one decodes it for all."""
    # As though the file were long, and so much of it lay between the clips.
    monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sources.MAX_WAITING", 0)
    monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sharing.MOST_AGAIN", 10)
    rising = timeline([file_clip(compressed, n, 1, source_start=2 * n) for n in range(8)])
    falling = timeline([file_clip(compressed, n, 1, source_start=16 - 2 * n) for n in range(8)])
    pair = timeline([file_clip(compressed, n, 1, source_start=16 - 2 * n) for n in range(2)])
    alone = [share_sound(line, (0, line.frames), RESOURCES) is None for line in (rising, falling, pair)]
    assert alone == [True, False, True]
    whole = mix(falling)
    assert np.array_equal(mix_shared(falling, tmp_path / "mix").sound, whole)


def test_a_looped_file_is_the_same_off_the_shelf(noise: Path, tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", NOISE[:, : round(1.7 * RATE)])
    source = FileSource(path=str(short), video_stream=None, loop=True)
    line = timeline(
        [Clip(source=source, start=0, duration=21), Clip(source=source, start=21, duration=12, speed=1.3)],
        durations={str(short): "17/10"},
    )

    assert np.array_equal(mix_shared(line, tmp_path / "mix").sound, mix(line))


def test_cross_fades_and_many_tracks_are_the_same_off_the_shelf(compressed: Path, tmp_path: Path) -> None:
    clips = [file_clip(compressed, 2 * n, 2, source_start=(n * 7) % 20 + 1, id=f"c{n}") for n in range(9)]
    changes = [Transition(type="crossfade", from_=f"c{n}", to=f"c{n + 1}", duration=1) for n in range(8)]
    tracks = [[file_clip(compressed, 0.1 * n, 11, source_start=n / 3, volume=0.03)] for n in range(40)]
    line = timeline(AudioTrack(clips=clips, transitions=changes), *tracks)
    shared = mix_shared(line, tmp_path / "mix")

    assert max(command.inputs for command in shared.commands) <= MAX_INPUTS
    assert max(command.filters for command in shared.commands) <= MAX_FILTERS
    assert len(shared.commands) > 4
    assert np.array_equal(shared.sound, mix(line))


def test_little_is_mixed_by_the_process_that_encodes(noise: Path) -> None:
    few = timeline([file_clip(noise, 0, 20), file_clip(noise, 20, 5, speed=2)])
    many = timeline([file_clip(noise, n / 5, "1/5", source_start=n / 5) for n in range(100)])
    turned = timeline([file_clip(noise, 0, 10, speed=3.1, reverse=True, pitch="varispeed")])

    assert share_sound(few, (0, few.frames), RESOURCES) is None
    assert share_sound(many, (0, many.frames), RESOURCES) is not None
    assert share_sound(many, (0, 50), RESOURCES) is None
    assert share_sound(turned, (0, turned.frames), RESOURCES) is not None


def test_ten_thousand_clips_ask_no_process_for_too_much(noise: Path) -> None:
    """Only planned and written out: mixed, they take 321 processes of at most 80 MB, 7 s of a core for 15 minutes."""
    tracks = [
        [file_clip(noise, f"{n * 9}/25", "9/25", source_start=(n * 7 + track) % 29) for n in range(2_500)]
        for track in range(4)
    ]
    line = timeline(*tracks)
    stages = share_sound(line, (0, line.frames), RESOURCES)
    assert stages is not None
    built = [arguments(step.build("sink")) for step in stages.steps("/shelf")]

    assert [window.first for window in stages.windows[1:]] == [window.end for window in stages.windows[:-1]]
    assert (stages.windows[0].first, stages.windows[-1].end) == (0, line.frames)
    assert max(command.filters for command in built) <= MAX_FILTERS
    assert max(command.inputs for command in built) <= MAX_INPUTS
    assert len(built) < 500
