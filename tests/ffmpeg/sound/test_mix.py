from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.project import AudioTrack, Clip, SilenceSource, ToneSource, Transition, VideoTrack
from protocol.time import sample_at_frame
from sidecar.ffmpeg.builder.command import Command, Output, arguments
from sidecar.ffmpeg.builder.sound import build_sound, export_sound, silence
from tests.ffmpeg.sound.listening import (
    RATE,
    RESOURCES,
    Sound,
    clicks,
    file_clip,
    level,
    listen,
    mix,
    sine,
    timeline,
    tone,
    write_wav,
)

HALF = level(sine(1000, 0.5, RATE))


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds in which every sample has a value of its own."""
    samples = 10 * RATE
    sound = np.stack([np.arange(samples) / samples, -np.arange(samples) / samples])
    return write_wav(tmp_path_factory.mktemp("ramp") / "ramp.wav", sound)


@pytest.fixture(scope="module")
def ones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of the value 1."""
    return write_wav(tmp_path_factory.mktemp("ones") / "ones.wav", np.ones((2, 10 * RATE)))


def value(second: float) -> float:
    return second / 10


@pytest.mark.parametrize("rate", ["24", "25", "30", "24000/1001", "30000/1001", "60000/1001", "1", "240"])
@pytest.mark.parametrize("sample_rate", [48_000, 44_100, 8_000])
def test_a_mix_is_as_long_as_its_frames_at_every_rate(rate: str, sample_rate: int) -> None:
    line = timeline([tone(440, 0, 3)], rate=rate, sample_rate=sample_rate)

    for window in ((0, line.frames), (1, 2), (1, line.frames)):
        mix(line, window)


def test_samples_come_from_where_the_clip_says_and_lie_where_it_lies(ramp: Path) -> None:
    line = timeline([file_clip(ramp, 0.52, 1, source_start=2.5), file_clip(ramp, 1.52, 0.48, source_start="1/3")])
    sound = mix(line)
    start, cut = round(0.52 * RATE), round(1.52 * RATE)
    source = (np.arange(10 * RATE) / (10 * RATE)).astype(np.float32)

    assert not sound[:, :start].any()
    assert np.array_equal(sound[0, start:cut], source[120_000 : 120_000 + RATE])
    assert np.array_equal(sound[0, cut:], source[16_000 : 16_000 + sound.shape[1] - cut])
    assert np.array_equal(sound[1], -sound[0])


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_every_window_holds_what_the_whole_holds_there(rate: str, ramp: Path, ones: Path) -> None:
    clips = [
        file_clip(ramp, 0.2, 1, source_start=1, audio_fade_in=0.5, id="a"),
        file_clip(ramp, 1.2, 1, source_start=5, volume=0.5, pan=0.3, audio_fade_out=0.3, id="b"),
        tone(333, 2.6, 0.7, pan=-1),
    ]
    line = timeline(
        AudioTrack(clips=clips, transitions=[Transition(type="crossfade", from_="a", to="b", duration=0.4)]),
        [file_clip(ones, 0, 3, volume=0.1)],
        rate=rate,
    )
    whole = mix(line)
    for window in ((0, 12), (3, 40), (30, 31), (31, 60), (10, line.frames), (line.frames - 2, line.frames)):
        at = [sample_at_frame(frame, line.rate, RATE) for frame in window]
        assert np.abs(mix(line, window) - whole[:, at[0] : at[1]]).max() < 1e-6, window


def test_a_source_that_ends_early_leaves_silence_and_the_next_clip_in_place(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", np.ones((1, RATE // 2)))
    sound = mix(timeline([file_clip(short, 0, 1), file_clip(short, 1, 1), file_clip(short, 2, 1, source_start=5)]))[0]

    assert sound[: RATE // 2].all()
    assert not sound[RATE // 2 : RATE].any()
    assert sound[RATE : RATE + RATE // 2].all()
    assert not sound[RATE + RATE // 2 :].any()


def test_clicks_land_on_their_sample_through_another_rate(tmp_path: Path) -> None:
    positions = [4_410, 44_100, 66_150]
    path = write_wav(tmp_path / "clicks.wav", clicks(positions, 88_200), 44_100)
    sound = mix(timeline([file_clip(path, 1, 2)]))[0]

    for position in positions:
        expected = RATE + position * 160 // 147
        assert np.argmax(np.abs(sound[expected - 500 : expected + 500])) == 500


def test_volume_mute_and_balance_scale_the_channels(ones: Path) -> None:
    clips = [
        file_clip(ones, 0, 1, volume=0.25),
        file_clip(ones, 1, 1, volume=4, pan=0.5),
        file_clip(ones, 2, 1, pan=-1),
        file_clip(ones, 3, 1, muted=True),
        file_clip(ones, 4, 1, volume=0),
        file_clip(ones, 5, 1, freeze=True),
        file_clip(ones, 6, 1, enabled=False),
        Clip(source=SilenceSource(), start=7, duration=1),
        file_clip(ones, 8, 1, pan=1, volume=2),
    ]
    sound = mix(timeline([*clips]))[:, RATE // 2 :: RATE]

    assert sound[0].tolist() == pytest.approx([0.25, 2, 1, 0, 0, 0, 0, 0, 0])
    assert sound[1].tolist() == pytest.approx([0.25, 4, 0, 0, 0, 0, 0, 0, 2])


def test_tracks_are_summed_without_normalisation_after_their_own_volume_and_pan(ones: Path) -> None:
    line = timeline(
        AudioTrack(clips=[file_clip(ones, 0, 1, volume=0.5)], volume=0.5, pan=-0.5),
        AudioTrack(clips=[file_clip(ones, 0, 1)], volume=2),
        VideoTrack(clips=[file_clip(ones, 0, 0.5)]),
        AudioTrack(clips=[file_clip(ones, 0, 1)], volume=0),
        AudioTrack(clips=[file_clip(ones, 0, 1)], muted=True),
        AudioTrack(clips=[file_clip(ones, 0, 1)], enabled=False),
        master_volume=0.5,
    )
    sound = mix(line)

    assert sound[:, 100].tolist() == pytest.approx([(0.25 + 2 + 1) / 2, (0.125 + 2 + 1) / 2])
    assert sound[:, -100].tolist() == pytest.approx([(0.25 + 2) / 2, (0.125 + 2) / 2])


def test_solo_silences_every_other_track(ones: Path) -> None:
    clip = file_clip(ones, 0, 1)
    line = timeline(
        AudioTrack(clips=[clip], volume=0.5),
        AudioTrack(clips=[clip], solo=True),
        VideoTrack(clips=[clip]),
        AudioTrack(clips=[clip], solo=True, muted=True),
    )

    assert mix(line)[:, 9].tolist() == [1, 1]


def test_nothing_to_hear_is_none_and_silence_has_its_length() -> None:
    line = timeline([tone(440, 0, 1, muted=True), tone(440, 2, 1)], rate="30000/1001")

    assert build_sound(line, (0, 25), RESOURCES) is None
    assert build_sound(line, (70, 70), RESOURCES) is None
    assert build_sound(timeline(AudioTrack(clips=[tone(440, 0, 1)], muted=True)), (0, 25), RESOURCES) is None
    quiet = listen(silence(line, (7, 19)), 2)
    assert quiet.shape == (2, 19_219)
    assert not quiet.any()


def test_fades_are_straight_lines_to_the_sample(ones: Path) -> None:
    sound = mix(timeline([file_clip(ones, 1, 2, audio_fade_in=0.5, audio_fade_out=0.25)]))[0, RATE:]
    up, down = RATE // 2, RATE // 4

    assert np.abs(sound[:up] - np.arange(up) / up).max() < 1e-6
    assert (sound[up:-down] == 1).all()
    assert np.abs(sound[-down:] - (1 - np.arange(down) / down)).max() < 1e-6


def test_fades_that_meet_multiply_nothing_between_them(ones: Path) -> None:
    sound = mix(timeline([file_clip(ones, 0, 1, audio_fade_in=0.4, audio_fade_out=0.6)]))[0]

    assert np.argmax(sound) == pytest.approx(0.4 * RATE, abs=1)
    assert sound.max() == pytest.approx(1, abs=1e-6)


def crossed(a: Path, b: Path, audio: Any, *, align: Any = "center", duration: float = 0.4) -> Sound:
    clips = [file_clip(a, 0, 2, source_start=1, id="a"), file_clip(b, 2, 2, source_start=1, id="b")]
    change = Transition(type="crossfade", from_="a", to="b", duration=duration, audio=audio, align=align)
    return mix(timeline(AudioTrack(clips=clips, transitions=[change])))


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Left only, and right only."""
    folder = tmp_path_factory.mktemp("sides")
    one, none = np.ones(10 * RATE), np.zeros(10 * RATE)
    return (
        write_wav(folder / "left.wav", np.stack([one, none])),
        write_wav(folder / "right.wav", np.stack([none, one])),
    )


@pytest.mark.parametrize(("align", "first"), [("center", 45), ("start", 50), ("end", 40)])
@pytest.mark.parametrize("audio", ["constantPower", "linear"])
def test_a_cross_fade_follows_its_curve_sample_by_sample(
    audio: str, align: str, first: int, sides: tuple[Path, Path]
) -> None:
    left, right = crossed(*sides, audio, align=align)
    start = first * RATE // 25
    length = 10 * RATE // 25
    middle = (np.arange(length) + 0.5) / length
    falling = np.cos(np.pi / 2 * middle) if audio == "constantPower" else 1 - middle
    rising = np.sin(np.pi / 2 * middle) if audio == "constantPower" else middle

    assert (left[:start] == 1).all()
    assert np.abs(left[start : start + length] - falling).max() < 1e-6
    assert np.abs(left[start + length :]).max() < 1e-6
    assert np.abs(right[:start]).max() == 0
    assert np.abs(right[start : start + length] - rising).max() < 1e-6
    assert (right[start + length :] == 1).all()


def test_a_short_cross_fade_is_as_exact_as_a_long_one(sides: tuple[Path, Path]) -> None:
    left, right = crossed(*sides, "constantPower", duration=0.08)

    assert np.abs(left**2 + right**2 - 1).max() < 1e-6


def test_a_cut_under_a_transition_is_a_cut(sides: tuple[Path, Path]) -> None:
    left, right = crossed(*sides, "cut")

    assert np.array_equal(left, np.r_[np.ones(2 * RATE), np.zeros(2 * RATE)])
    assert np.array_equal(right, 1 - left)


def test_handles_are_the_source_around_the_clip_and_silent_where_it_has_none(ramp: Path) -> None:
    clips = [
        file_clip(ramp, 0, 2, source_start=7.9, id="a"),
        file_clip(ramp, 2, 2, source_start=0.1, id="b"),
    ]
    change = Transition(type="crossfade", from_="a", to="b", duration=0.8, audio="linear")
    sound = mix(timeline(AudioTrack(clips=clips, transitions=[change])))[0]
    start, length = round(1.6 * RATE), round(0.8 * RATE)
    u = (np.arange(length) + 0.5) / length
    t = 1.6 + np.arange(length) / RATE
    outgoing = np.where(t + 7.9 < 10 - 1e-9, (t + 7.9) / 10, 0) * (1 - u)
    incoming = np.where(t - 1.9 >= -1e-9, (t - 1.9) / 10, 0) * u

    assert np.abs(sound[start : start + length] - outgoing - incoming).max() < 2e-5


def test_a_fade_of_a_free_end_is_against_silence(ones: Path) -> None:
    line = timeline(
        VideoTrack(
            clips=[file_clip(ones, 0, 2, id="a")],
            transitions=[
                Transition(type="fade", to="a", duration=0.4, audio="linear"),
                Transition(type="fade", from_="a", duration=0.8),
            ],
        )
    )
    sound = mix(line)[0]
    up, down = round(0.4 * RATE), round(0.8 * RATE)

    assert np.abs(sound[:up] - (np.arange(up) + 0.5) / up).max() < 1e-6
    assert np.abs(sound[-down:] - np.cos(np.pi / 2 * (np.arange(down) + 0.5) / down)).max() < 1e-6


def test_a_chain_of_cross_fades_keeps_every_clip_in_place(ones: Path) -> None:
    clips = [file_clip(ones, number, 1, source_start=3, id=str(number)) for number in range(6)]
    changes = [
        Transition(type="crossfade", from_=str(n), to=str(n + 1), duration=0.4, audio="linear") for n in range(5)
    ]
    sound = mix(timeline(AudioTrack(clips=clips, transitions=changes)))

    assert np.abs(sound - 1).max() < 1e-6


def test_a_fade_gives_way_to_a_cross_fade_on_its_edge(sides: tuple[Path, Path]) -> None:
    clips = [
        file_clip(sides[0], 0, 1, audio_fade_out=0.5, id="a"),
        file_clip(sides[1], 1, 1, source_start=1, audio_fade_in=0.5, id="b"),
    ]
    change = Transition(type="crossfade", from_="a", to="b", duration=0.2, audio="linear")
    left, right = mix(timeline(AudioTrack(clips=clips, transitions=[change])))

    assert left[round(0.8 * RATE)] == 1
    assert right[round(1.2 * RATE)] == 1


@pytest.mark.parametrize("waveform", ["sine", "square", "triangle", "sawtooth"])
def test_tones_have_their_level_and_begin_with_their_clip(waveform: Any) -> None:
    clip = Clip(source=ToneSource(frequency=441, level=0.5, waveform=waveform), start=0.5, duration=1)
    sound = mix(timeline([clip]))
    expected = {"sine": 0.5**0.5, "square": 1, "triangle": 3**-0.5, "sawtooth": 3**-0.5}[waveform]

    assert not sound[:, : RATE // 2].any()
    assert level(sound[:, RATE // 2 :]) == pytest.approx(20 * np.log10(0.5 * expected), abs=0.1)
    assert np.array_equal(sound[0], sound[1])
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.01)


def test_a_tone_keeps_its_phase_whatever_the_window() -> None:
    line = timeline([tone(997, 0, 4)])

    assert np.abs(mix(line, (60, 80)) - mix(line)[:, round(2.4 * RATE) : round(3.2 * RATE)]).max() < 1e-6


def inputs_of(path: Path, *starts: float, length: float = 1) -> int:
    clips = [file_clip(path, index * length, length, source_start=start) for index, start in enumerate(starts)]
    mixed = build_sound(timeline(clips), (0, round(25 * length) * len(starts)), RESOURCES)
    assert mixed is not None
    return arguments(Command((Output((mixed.stream,), (), "x"),))).inputs


def test_clips_of_one_file_share_a_decoder_while_little_has_to_wait(ramp: Path) -> None:
    assert inputs_of(ramp, 0, 1, 2, 5, 8.5) == 1
    assert inputs_of(ramp, 0, 5, 1) == 1
    assert inputs_of(ramp, *range(0, 400, 40), length=40) == 1
    assert inputs_of(ramp, *range(400, 0, -40), length=40) == 5
    assert inputs_of(ramp, *range(400, 0, -20), length=20) == 5


def test_clips_in_any_order_of_their_source_sound_right(ramp: Path) -> None:
    starts = (0, 5, 5.5, 1, 0, 8, 3.3)
    sound = mix(timeline([file_clip(ramp, index, 1, source_start=start) for index, start in enumerate(starts)]))

    assert sound[0, 100::RATE].tolist() == pytest.approx([value(start + 100 / RATE) for start in starts], abs=1e-6)


def test_neutral_members_add_no_filter(ones: Path) -> None:
    mixed = build_sound(timeline([file_clip(ones, 0, 1)]), (0, 25), RESOURCES)
    assert mixed is not None
    graph = arguments(Command((Output((mixed.stream,), (), "x"),))).graph

    assert [part.split("=")[0].split("]")[-1] for part in graph.split(",")] == ["aresample", "atrim", "apad"]


@pytest.mark.parametrize(("channels", "rate"), [(1, 48_000), (2, 44_100), (6, 48_000), (8, 96_000)])
@pytest.mark.parametrize("longer", [-700, 0, 700])
def test_an_export_has_its_own_layout_rate_and_length(channels: int, rate: int, longer: int, ones: Path) -> None:
    line = timeline([file_clip(ones, 0, 1, volume=0.5)], rate="30000/1001")
    mixed = build_sound(line, (0, 30), RESOURCES)
    assert mixed is not None
    length = sample_at_frame(30, line.rate, rate) + longer
    sound = listen(export_sound(mixed.stream, line, (0, 30), channels=channels, rate=rate, length=length), channels)

    assert sound.shape == (channels, length)
    assert sound[:, length // 2].tolist() == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0, 0][:channels], abs=1e-4)


def test_an_export_like_its_project_takes_the_mix_as_it_is(ones: Path) -> None:
    line = timeline([file_clip(ones, 0, 1)], rate="30000/1001")
    mixed = build_sound(line, (1, 30), RESOURCES)
    assert mixed is not None
    length = sample_at_frame(30, line.rate, RATE) - sample_at_frame(1, line.rate, RATE)

    assert export_sound(mixed.stream, line, (1, 30), channels=2, rate=RATE, length=length) is mixed.stream


def test_a_fade_of_less_than_a_sample_is_none(ones: Path) -> None:
    assert (mix(timeline([file_clip(ones, 0, 1, audio_fade_in=0.000001)])) == 1).all()
