from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protocol.project import AudioTrack, Clip, FileSource
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS, layout_matrix, map_matrix, places
from tests.ffmpeg.sound.listening import RATE, facts, file_clip, mix, timeline, tone, write_wav
from tests.harness.media import make_clip

C = 0.7071


def planted(folder: Path, channels: int) -> Path:
    """Channel n holds the value (n + 1)/16 throughout."""
    sound = np.repeat(np.arange(1, channels + 1)[:, None] / 16, RATE, axis=1)
    return write_wav(folder / f"{channels}.wav", sound)


@pytest.mark.parametrize(
    ("source", "project", "expected"),
    [
        (1, 1, [1]),
        (1, 2, [1, 1]),
        (1, 6, [1, 1, 0, 0, 0, 0]),
        (2, 1, [(1 + 2) / 2]),
        (2, 2, [1, 2]),
        (2, 6, [1, 2, 0, 0, 0, 0]),
        (2, 8, [1, 2, 0, 0, 0, 0, 0, 0]),
        (6, 1, [(1 + 2 + C * (3 + 3 + 5 + 6)) / 2]),
        (6, 2, [1 + C * 3 + C * 5, 2 + C * 3 + C * 6]),
        (6, 6, [1, 2, 3, 4, 5, 6]),
        (6, 8, [1, 2, 3, 4, 5, 6, 0, 0]),
        (8, 2, [1 + C * 3 + C * 5 + C * 7, 2 + C * 3 + C * 6 + C * 8]),
        (8, 6, [1, 2, 3, 4, C * (5 + 7), C * (6 + 8)]),
        (8, 8, [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_layouts_become_others_by_their_matrices(
    source: int, project: int, expected: list[float], tmp_path: Path
) -> None:
    path = planted(tmp_path, source)
    sound = mix(timeline([file_clip(path, 0, 1)], channels=project))

    assert sound[:, RATE // 2] == pytest.approx(np.array(expected) / 16, abs=1e-6)
    assert facts(path).audio[0].channels == source


def test_the_sides_of_real_surround_are_taken_for_its_backs(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.flac", picture=None, audio="5.1", audio_codec="flac")
    sound = mix(timeline([file_clip(path, 0, 1)], channels=2))
    t = np.arange(RATE) / RATE
    each = [0.25 * np.sin(2 * np.pi * 440 * (number + 1) * t) for number in range(6)]

    assert np.abs(sound[0] - (each[0] + C * each[2] + C * each[4])).max() < 1e-3
    assert np.abs(sound[1] - (each[1] + C * each[2] + C * each[5])).max() < 1e-3


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [([1, 0], [2, 1]), ([0, 0], [1, 1]), ([None, 3], [0, 4]), ([5, 9], [6, 0]), ([2], [3, 0])],
)
def test_a_channel_map_says_which_channel_goes_where(
    chosen: list[int | None], expected: list[float], tmp_path: Path
) -> None:
    path = planted(tmp_path, 6)
    source = FileSource(path=str(path), channel_map=chosen)
    sound = mix(timeline([Clip(source=source, start=0, duration=1)]))

    assert sound[:, RATE // 2] == pytest.approx(np.array(expected) / 16, abs=1e-6)


def test_pan_balances_the_front_pair_alone_and_leaves_mono(tmp_path: Path) -> None:
    path = planted(tmp_path, 6)
    surround = mix(timeline(AudioTrack(clips=[file_clip(path, 0, 1, pan=0.25)], pan=-0.5), channels=6))
    mono = mix(timeline([file_clip(planted(tmp_path, 1), 0, 1, pan=1)], channels=1))

    assert surround[:, 99] == pytest.approx(np.array([0.75, 2 * 0.5, 3, 4, 5, 6]) / 16, abs=1e-6)
    assert mono[0, 99] == pytest.approx(1 / 16)


def test_a_tone_fills_stereo_and_the_front_of_surround() -> None:
    sound = mix(timeline([tone(440, 0, 1)], channels=8))

    assert np.array_equal(sound[0], sound[1])
    assert sound[0].max() == pytest.approx(0.5, abs=1e-3)
    assert not sound[2:].any()


def test_layouts_of_any_number_of_channels_have_places() -> None:
    assert places("5.1(side)", 6) == ("FL", "FR", "FC", "LFE", "SL", "SR")
    assert places("11 channels", 11)[:3] == ("FL", "FR", "")
    assert places("something", 6) == places("5.1", 6)
    assert layout_matrix("6.0(front)", 6, 6)[0] == (1, 0, C, 0, 0, 0)
    assert layout_matrix("6.1", 7, 6)[4] == (0, 0, 0, 0, C, 1, 0)
    assert map_matrix([], 2, 2) == ((0, 0), (0, 0))
    for wanted in LAYOUTS:
        for count in range(1, 17):
            matrix = layout_matrix("", count, wanted)
            assert len(matrix) == wanted
            assert all(len(row) == count for row in matrix)
