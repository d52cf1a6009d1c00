"""preview.waveform: the peaks of what a render mixes, and a picture of them."""

from __future__ import annotations

import struct
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.commands.render import RenderStart
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, MediaNotFound, MediaUnsupported, NothingToRender
from sidecar.services.access import ReadAccess
from tests.harness.media import decode_sound, make_clip
from tests.services.media.waveform.reference import mixed, pixels
from tests.services.preview.showing import Screen, film, played, screen

RATE = 48_000


def song(path: Path, *, seconds: float = 5, second: float = 3) -> dict[str, Any]:
    """A tone that is turned down and faded, then again from elsewhere; turned down as a track, and as a whole."""
    clips = [played(path, 0, 2, volume=0.5, audioFadeIn=0.5), played(path, second, 1.5, sourceStart=0.5)]
    black = {"source": {"kind": "color", "color": "#000000"}, "start": 0, "duration": seconds}
    return {
        **film(),
        "tracks": [
            {"id": "a1", "kind": "audio", "volume": 0.7, "clips": clips},
            {"id": "v1", "kind": "video", "clips": [black]},
        ],
        "masterVolume": 0.9,
        "export": {"container": "wav", "video": None, "audio": {"codec": "pcm_f32le", "sampleRate": RATE}},
    }


async def mix(shown: Screen, raw: dict[str, Any], target: Path) -> list[list[int]]:
    """Render a project's sound; returns its samples as 16 bits, by channel."""
    request = RenderStart(project=ProjectRef(inline=raw), output=str(target))
    started = await shown.desk.services.render.start(request, target, ReadAccess(), "trace")
    done = await shown.desk.services.render.wait(started.job_id)
    assert done.state == "completed", done.error
    _, samples = decode_sound(target)
    scaled = np.clip(samples.astype(np.float32) * np.float32(32_767), -32_768, 32_767)
    return [[int(value) for value in row] for row in scaled.tolist()]


@pytest.mark.trio
async def test_peaks_are_those_of_the_rendered_mix(tmp_path: Path) -> None:
    tone = make_clip(tmp_path / "tone.wav", seconds=2, audio="stereo")
    raw = song(tone)
    async with screen(tmp_path) as shown:
        samples = await mix(shown, raw, tmp_path / "mix.wav")
        for channels, wanted in (("each", samples), ("mix", mixed(samples))):
            found = await shown.desk.ask(
                "preview.waveform", project={"inline": raw}, samplesPerPixel=512, channels=channels, inline=True
            )
            peaks = found["waveform"]
            assert (peaks["sampleRate"], peaks["channels"], peaks["start"]) == (RATE, len(wanted), "0/1")
            assert peaks["length"] == -(-len(samples[0]) // 512)
            for row, data in zip(wanted, peaks["data"], strict=True):
                expected = pixels(row, 512)
                assert data["min"] == expected.low
                assert data["max"] == expected.high
                assert np.abs(np.subtract(data["rms"], expected.rms)).max() <= 1
            dat = await shown.fetch(peaks["dat"])
            assert struct.unpack("<iIiiIi", dat[:24]) == (2, 0, RATE, 512, peaks["length"], len(wanted))


@pytest.mark.trio
async def test_a_range_is_cut_on_the_grid_of_all(tmp_path: Path) -> None:
    raw = song(make_clip(tmp_path / "tone.wav", seconds=2, audio="stereo"), seconds=25, second=12)
    project = {"inline": raw}
    async with screen(tmp_path) as shown:
        whole = (await shown.desk.ask("preview.waveform", project=project, samplesPerPixel=1024, inline=True))[
            "waveform"
        ]
        span = {"from": {"time": 11.5}, "to": {"frame": 310}}
        part = (
            await shown.desk.ask("preview.waveform", project=project, samplesPerPixel=1024, inline=True, range=span)
        )["waveform"]
        # Frames 287 to 310: a project has no instants between.
        first, end = 287 * RATE // 25 // 1024, -(-310 * RATE // 25 // 1024)
        assert part["length"] == end - first
        assert Fraction(part["start"]) == Fraction(first * 1024, RATE)
        for name in ("min", "max", "rms"):
            assert part["data"][0][name] == whole["data"][0][name][first:end]
        assert max(part["data"][0]["max"]) > 1_000


@pytest.mark.trio
async def test_what_cannot_be_heard_is_an_error(tmp_path: Path) -> None:
    raw = song(make_clip(tmp_path / "tone.wav", seconds=2, audio="stereo"))
    raw["tracks"][0]["clips"][1] |= {"id": "gone", "source": {"kind": "file", "path": str(tmp_path / "gone.wav")}}
    async with screen(tmp_path) as shown:
        project, before = {"inline": raw}, {"from": {"time": 0}, "to": {"time": 3}}
        for method in ("preview.waveform", "preview.clip"):
            with pytest.raises(MediaNotFound, match=r"gone\.wav"):
                await shown.desk.ask(method, project=project)
            assert await shown.desk.ask(method, project=project, range=before)
        assert (await shown.desk.ask("preview.clip", project=project, sound=False, width=64))["frames"] == 125


@pytest.mark.trio
async def test_the_picture_is_as_high_as_the_peaks(tmp_path: Path) -> None:
    wav = make_clip(tmp_path / "tone.wav", seconds=2, audio="mono")
    async with screen(tmp_path) as shown:
        target = tmp_path / "wave.png"
        found = await shown.desk.ask(
            "preview.waveform", path=str(wav), width=100, height=80, color="#FF0000", output=str(target)
        )
        picture = await shown.fetch(found["picture"])
        assert target.read_bytes() == picture
        with av.open(BytesIO(picture), mode="r") as container:
            shape = next(container.decode(video=0)).to_ndarray(format="rgba")
        assert shape.shape == (80, 100, 4)
        # A quarter of full scale, either way, of which the root mean square is drawn whole.
        reach = (shape[:, 50, 3] > 0).sum()
        assert abs(int(reach) - 20) <= 2
        assert tuple(shape[40, 50]) == (255, 0, 0, 255)
        assert 100 < shape[40 - 9, 50, 3] < 160
        assert not shape[:10, :, 3].any()


@pytest.mark.trio
async def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    wav = make_clip(tmp_path / "tone.wav", seconds=1, audio="mono")
    async with screen(tmp_path) as shown:
        for params in (
            {"path": str(wav), "range": {"from": {"frame": 1}, "to": {"frame": 2}}},
            {"path": str(wav), "range": {"from": {"time": 1}, "to": {"time": 1}}},
            {"path": str(wav), "output": str(tmp_path / "a.mp3")},
            {},
        ):
            with pytest.raises(InvalidParams):
                await shown.desk.ask("preview.waveform", **params)
        never = song(wav)
        never["tracks"] = [{"kind": "video", "clips": [{**never["tracks"][0]["clips"][0], "start": 0, "duration": -9}]}]
        with pytest.raises(NothingToRender):
            await shown.desk.ask("preview.waveform", project={"inline": never})
        silent = make_clip(tmp_path / "silent.mp4", seconds=1)
        with pytest.raises(MediaUnsupported, match="no sound"):
            await shown.desk.ask("preview.waveform", path=str(silent))
