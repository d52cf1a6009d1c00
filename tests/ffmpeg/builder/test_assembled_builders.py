"""The builders that hand a whole timeline to the render builder: run on media, and what they wrote is measured."""

from __future__ import annotations

from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from protocol.errors import MediaUnsupported
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.concat import Concat, build_concat
from sidecar.ffmpeg.builder.text.fontset import bundled_fonts
from sidecar.ffmpeg.builder.video_preview import VideoPreview, build_video_preview
from tests.ffmpeg.builder.conftest import Clips, gray
from tests.harness.commands import facts_of, run_command
from tests.harness.media import decode_rgb, decode_sound, read_number, read_numbers


@pytest.mark.parametrize(("speed", "container"), [(1.0, "mp4"), (2.0, "webm"), (0.5, "mp4")])
def test_video_preview_keeps_step(tmp_path: Path, clips: Clips, speed: float, container: str) -> None:
    facts = facts_of(clips("numbered.mp4"))
    raw = {"path": "a", "start": 1, "duration": 2, "speed": speed, "width": 192, "container": container}
    output = tmp_path / f"v.{container}"
    command = build_video_preview(msgspec.convert(raw, VideoPreview), facts, str(output), bundled_fonts())
    run_command(command, tmp_path)
    frames = round(50 / speed)
    assert command.frames == frames
    assert read_numbers(output) == [25 + int(number * speed) for number in range(frames)]
    rate, samples = decode_sound(output)
    assert abs(samples.shape[1] / rate - 2 / speed) < 0.03
    assert np.abs(samples[:, rate // 4 : rate // 2]).max() > 0.1


def test_video_preview_of_silent_files(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("red.mp4"))
    run_command(build_video_preview(VideoPreview(path="a"), facts, str(tmp_path / "v.mp4"), bundled_fonts()), tmp_path)
    info = facts_of(tmp_path / "v.mp4")
    assert info.audio == ()
    assert (info.video[0].frames, info.video[0].width, info.video[0].height) == (25, 480, 270)
    with pytest.raises(MediaUnsupported):
        build_video_preview(VideoPreview(path="a", video_stream=1), facts, "v.mp4", bundled_fonts())


def test_concat_joins_what_does_not_match(tmp_path: Path, clips: Clips) -> None:
    files = [facts_of(clips(name)) for name in ("red.mp4", "blue.webm", "still.png", "numbered.mp4")]
    parameters = Concat(paths=["a", "b", "c", "d"], still_seconds=1)
    command = build_concat(parameters, files, str(tmp_path / "c.mp4"), bundled_fonts())
    run_command(command, tmp_path)
    pictures = decode_rgb(tmp_path / "c.mp4")
    assert len(pictures) == command.frames == 25 + 25 + 25 + 100
    assert pictures[0].shape == (180, 320, 3)
    for frame, colour in ((5, (255, 0, 0)), (30, (0, 0, 255)), (60, (0, 255, 0))):
        assert np.abs(pictures[frame][90, 160].astype(int) - colour).max() <= 8
    assert pictures[30][90, 20].max() <= 8
    assert read_number(gray(pictures[75 + 40][10:170])) == 40
    rate, samples = decode_sound(tmp_path / "c.mp4")
    loud = [float(np.abs(samples[:, round(t * rate) : round((t + 0.5) * rate)]).max()) for t in (0.2, 1.3, 2.2, 3.5)]
    assert loud[0] < 0.01
    assert loud[1] > 0.1
    assert loud[2] < 0.01
    assert loud[3] > 0.1
    with av.open(str(tmp_path / "c.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


def test_concat_needs_pictures(clips: Clips) -> None:
    with pytest.raises(MediaUnsupported):
        build_concat(
            Concat(paths=["a", "b"]),
            [facts_of(clips("red.mp4")), facts_of(clips("tone.wav"))],
            "c.mp4",
            bundled_fonts(),
        )
    silent = [facts_of(clips("red.mp4"))] * 2
    command = build_concat(
        Concat(paths=["a", "b"], frame_rate="50", width=64, height=64), silent, "c.mp4", bundled_fonts()
    )
    assert command.frames == 100
    assert "-c:a" not in arguments(command).argv
