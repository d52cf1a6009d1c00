"""Sound of whole renders: shared out or not, at the loudness and below the peak that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.commands.ffmpeg import FfmpegCommand
from protocol.commands.render import Job, RenderResult
from protocol.errors import NotSupported
from tests.ffmpeg.sound.listening import RATE, sine, write_wav
from tests.harness.media import decode_sound, make_clip
from tests.services.render.studio import color, file, project, studio

PEAK = {"loudness": {"target": -23, "truePeak": -1}}


def film(*audio: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A short picture, and a track of these clips."""
    raw = project(color(0, max(clip["start"] + clip["duration"] for clip in audio)), **{"export": {}, **members})
    raw["tracks"].append({"kind": "audio", "id": "a", "clips": list(audio)})
    return raw


def done(job: Job) -> RenderResult:
    assert job.error is None, job.error
    assert job.result is not None
    return job.result


@pytest.mark.parametrize(
    "export",
    [
        {"container": "mp4"},
        {"container": "mov", "audio": {"codec": "pcm_s24le"}},
        {"container": "mkv", "audio": {"codec": "flac", "channels": 6}},
        {"container": "webm", "video": None, "audio": {"sampleRate": 48_000}},
        {"container": "wav", "video": None, "audio": {"sampleRate": 44_100, "limiter": {"truePeak": -3}}},
    ],
)
async def test_bytes_do_not_depend_on_how_the_sound_is_made(
    export: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=8, rate="30", audio="stereo", sound="beep")
    volume = {"keyframes": [{"time": 0, "value": 0, "easing": "easeIn"}, {"time": 3, "value": 1.5}]}
    raw = film(
        file(clip, 0.2, 3, sourceStart=0.5, volume=volume, audioFadeOut=1),
        file(clip, 3.2, 2, speed=1.7),
        file(clip, 5.2, 2, reverse=True),
        frameRate="30000/1001",
        masterVolume=0.8,
    )
    async with studio(tmp_path) as desk:
        for name, many in (("one", 60), ("many", 0)):
            monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sharing.MANY_CLIPS", many)
            done(await desk.finish(raw, tmp_path / f"{name}.{export['container']}", export=export))
    made = [(tmp_path / f"{name}.{export['container']}").read_bytes() for name in ("one", "many")]
    assert made[0] == made[1]


def programme(kind: str) -> NDArray[Any]:
    """12 seconds of one of three kinds: a steady tone, speech-like bursts with pauses, music with sharp peaks."""
    rng = np.random.default_rng(4)
    length = 12 * RATE
    seconds = np.arange(length) / RATE
    if kind == "tone":
        return np.stack([sine(997, 0.02, length)] * 2)
    if kind == "speech":
        voice = (
            rng.normal(0, 0.06, length)
            * (np.sin(2 * np.pi * 0.7 * seconds) > -0.2)
            * (0.4 + 0.6 * np.sin(9 * seconds) ** 2)
        )
        return np.stack([voice, 0.8 * voice])
    music = 0.12 * (sine(220, 1, length) + sine(331, 0.7, length)) + rng.normal(0, 0.02, length)
    music[:: RATE // 2] += 0.9
    return np.stack([music, np.roll(music, 31)])


@pytest.mark.parametrize("kind", ["tone", "speech", "music"])
@pytest.mark.parametrize("target", [-23, -14])
async def test_loudness_is_met_and_the_peak_is_not_passed(kind: str, target: float, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "programme.wav", programme(kind))
    raw = film({"source": {"kind": "file", "path": str(path), "videoStream": None}, "start": 0, "duration": 12})
    asked = {"container": "mkv", "audio": {"codec": "flac", "loudness": {"target": target, "truePeak": -2}}}
    async with studio(tmp_path) as desk:
        found = done(await desk.finish(raw, tmp_path / "out.mkv", export=asked)).loudness

    assert found is not None
    assert found.integrated == pytest.approx(target, abs=0.5)
    assert found.true_peak <= -2 + 0.05


async def test_a_quiet_programme_gets_one_gain_and_keeps_its_shape(tmp_path: Path) -> None:
    sound = programme("speech") * 0.1
    path = write_wav(tmp_path / "programme.wav", sound)
    raw = film({"source": {"kind": "file", "path": str(path), "videoStream": None}, "start": 0, "duration": 12})
    asked = {"container": "wav", "video": None, "audio": {"codec": "pcm_f32le", "loudness": {"target": -30}}}
    async with studio(tmp_path) as desk:
        done(await desk.finish(raw, tmp_path / "out.wav", export=asked))
    _, heard = decode_sound(tmp_path / "out.wav")
    gain = heard[0, 5 * RATE] / sound[0, 5 * RATE]

    assert gain > 1.5
    assert np.abs(heard - gain * sound).max() < 1e-5


@pytest.mark.parametrize("asked", [PEAK, {"limiter": {"truePeak": -6}}, {**PEAK, "limiter": {"truePeak": -6}}])
async def test_silence_stays_silent(asked: dict[str, Any], tmp_path: Path) -> None:
    raw = film({"source": {"kind": "silence"}, "start": 0, "duration": 2})
    audio = {"codec": "pcm_f32le", **asked}
    async with studio(tmp_path) as desk:
        found = done(await desk.finish(raw, tmp_path / "out.mkv", export={"container": "mkv", "audio": audio}))
    _, heard = decode_sound(tmp_path / "out.mkv")

    assert found.loudness is None
    assert heard.shape[1] == 2 * RATE
    assert not heard.any()


async def test_a_limiter_holds_the_true_peak_and_leaves_alone_what_is_below(tmp_path: Path) -> None:
    # A quarter of the sample rate, off the samples by an eighth of a turn: its peaks all lie between them.
    between = 0.9 * np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4)
    quiet = sine(1_000, 0.3, RATE)
    path = write_wav(tmp_path / "loud.wav", np.stack([np.concatenate([quiet, between, quiet])] * 2))
    raw = film({"source": {"kind": "file", "path": str(path), "videoStream": None}, "start": 0, "duration": 3})
    audio = {"codec": "pcm_f32le", "limiter": {"truePeak": -3}}
    async with studio(tmp_path) as desk:
        found = done(
            await desk.finish(raw, tmp_path / "out.wav", export={"container": "wav", "video": None, "audio": audio})
        )
    _, heard = decode_sound(tmp_path / "out.wav")

    assert found.loudness is not None
    assert found.loudness.true_peak == pytest.approx(-3.1, abs=0.12)
    for start in (0.2, 2.4):
        part = slice(round(start * RATE), round((start + 0.5) * RATE))
        wanted = np.concatenate([quiet, between, quiet])[part]
        assert np.abs(heard[0, part] - wanted).max() < 2e-3


async def test_sound_at_full_scale_is_clipped_by_the_format_alone(tmp_path: Path) -> None:
    tone = {"source": {"kind": "tone", "frequency": 100, "level": 1}, "start": 0, "duration": 1, "volume": 2}
    async with studio(tmp_path) as desk:
        for name, codec in (("float", "pcm_f32le"), ("short", "pcm_s16le")):
            export = {"container": "wav", "video": None, "audio": {"codec": codec}}
            result = done(await desk.finish(film(tone), tmp_path / f"{name}.wav", export=export))
            assert result.loudness is None
    _, whole = decode_sound(tmp_path / "float.wav")
    _, short = decode_sound(tmp_path / "short.wav")

    assert np.abs(whole).max() == pytest.approx(2, abs=1e-3)
    assert np.abs(short - np.clip(whole, -1, 1)).max() < 1e-4


async def test_one_command_cannot_show_what_is_measured_first(tmp_path: Path) -> None:
    raw = film({"source": {"kind": "tone"}, "start": 0, "duration": 1})
    asked = FfmpegCommand(builder="render", parameters={"project": {"inline": raw}, "export": {"audio": PEAK}})
    plain = FfmpegCommand(builder="render", parameters={"project": {"inline": raw}})
    async with studio(tmp_path) as desk:
        service = desk.services.commands
        assert (await service.show(plain, Path, None)).graph
        with pytest.raises(NotSupported):
            await service.show(asked, Path, None)
