"""Every real file: the probe against a full decode, and against what FFmpeg itself lists."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import av.error
import pytest

from sidecar.services.media.reader import probe_file
from tests.harness.media import ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.patience import PATIENCE

FILES = sorted(path for path in MEDIA.iterdir() if path.suffix != ".md") if HAVE_MEDIA else []
BROKEN = "corrupted-after-28-frames.mp4"


def decoded(path: Path, stream: int) -> list[int]:
    """Decode a picture stream whole; its timestamps in presentation order."""
    with av.open(str(path)) as container:
        video = container.streams[stream]
        assert isinstance(video, av.VideoStream)
        video.codec_context.thread_type = "AUTO"
        return [frame.pts for frame in container.decode(video) if frame.pts is not None]


def listing(path: Path) -> str:
    done = subprocess.run(
        [ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, timeout=PATIENCE, check=False
    )
    return done.stderr.decode(errors="replace")


@pytest.mark.parametrize("path", [path for path in FILES if path.name != BROKEN], ids=lambda path: path.name)
def test_picture_streams_are_as_they_decode(path: Path) -> None:
    facts = probe_file(path, "full").facts
    assert facts is not None
    for video in facts.video:
        pts = decoded(path, video.stream)
        assert video.frames == len(pts)
        assert video.first_pts == pts[0]
        assert video.keyframes is not None
        assert set(video.keyframes) <= set(pts)
        if video.rate is not None:
            numbers = [(time - pts[0]) * video.time_base * video.rate for time in pts]
            assert all(abs(number - round(number)) <= video.time_base * video.rate for number in numbers)
            assert video.duration == (round(numbers[-1]) + 1) / video.rate
        else:
            assert video.duration is not None
            assert video.duration >= (pts[-1] - pts[0]) * video.time_base


@pytest.mark.parametrize("path", [path for path in FILES if path.name != BROKEN], ids=lambda path: path.name)
def test_sound_streams_are_as_they_decode(path: Path) -> None:
    facts = probe_file(path, "full").facts
    assert facts is not None
    for sound in facts.audio:
        with av.open(str(path)) as container:
            stream = container.streams[sound.stream]
            assert isinstance(stream, av.AudioStream)
            frames = [frame for frame in container.decode(stream) if frame.pts is not None]
        times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in frames]
        # Decoders may give nothing for a first packet; the timestamps of what follows stay.
        late = times[0] - facts.start - sound.start
        assert Fraction(-2, 1000) <= late <= Fraction(frames[0].samples, frames[0].sample_rate)
        end = times[-1] + Fraction(frames[-1].samples, frames[-1].sample_rate) - facts.start
        assert sound.duration is not None
        # Within a packet: MP4 tells end padding by its edit list, which decoders do not see.
        assert abs(sound.start + sound.duration - end) <= Fraction(1536, sound.sample_rate) + Fraction(1, 1000)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_ffmpeg_lists_is_what_the_probe_says(path: Path) -> None:
    info = probe_file(path).info
    text = listing(path)
    start = re.search(r"start: (-?[\d.]+)", text)
    if start:
        assert abs(Fraction(start[1]) - Fraction(info.start_time)) <= Fraction(1, 1000)
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", text)
    if length and not path.name.startswith("h264-srt"):
        listed = int(length[1]) * 3600 + int(length[2]) * 60 + Fraction(length[3])
        assert info.duration is not None
        assert abs(listed - Fraction(info.duration)) <= Fraction(3, 100)
    lines = [line for line in text.splitlines() if re.search(r"Stream #0:\d+.*: Video:", line)]
    assert len(lines) == len(info.video)
    for line, video in zip(lines, info.video, strict=True):
        assert f"{video.width}x{video.height}" in line
        assert video.codec in line
        assert video.pixel_format in line
        if aspect := re.search(r"SAR (\d+):(\d+)", line):
            assert Fraction(video.pixel_aspect) == Fraction(int(aspect[1]), int(aspect[2]))
        if video.frame_rate and (rate := re.search(r"([\d.]+) fps", line)):
            assert abs(float(Fraction(video.frame_rate)) - float(rate[1])) < 0.01 or float(rate[1]) == 1000
    sounds = [line for line in text.splitlines() if re.search(r"Stream #0:\d+.*: Audio:", line)]
    assert len(sounds) == len(info.audio)
    for line, audio in zip(sounds, info.audio, strict=True):
        assert f"{audio.sample_rate} Hz, {audio.layout}" in line
        assert audio.codec in line


if HAVE_MEDIA:

    def test_a_broken_file_is_described_by_its_tables() -> None:
        video = probe_file(MEDIA / BROKEN, "keyframes").info.video[0]
        assert (video.frames, video.frame_rate) == (50, "10")

    def test_named_peculiarities() -> None:
        rotated = probe_file(MEDIA / "rotated-90.mov").info.video[0]
        assert (rotated.rotation, rotated.display_width, rotated.display_height) == (90, 320, 568)
        hlg = probe_file(MEDIA / "hdr-hlg-10bit.mp4").info.video[0]
        assert (hlg.hdr.kind, hlg.bits, hlg.color.matrix, hlg.color.assumed) == ("hlg", 10, "bt2020", [])
        interlaced = probe_file(MEDIA / "interlaced-480i.mp4").info.video[0]
        assert (interlaced.interlaced, interlaced.display_width) == ("tff", 660)
        full = probe_file(MEDIA / "hevc-1080p-gop150.mp4", "keyframes").info
        assert (full.video[0].color.range, len(full.keyframes or [])) == ("full", 2)
        variable = probe_file(MEDIA / "vfr-no-duration.webm", "full").info
        assert (variable.video[0].variable_rate, variable.video[0].frame_rate) == (True, None)
        assert variable.duration_from == "scan"
        mkv = probe_file(MEDIA / "h264-srt-overlapping.mkv", "full").info
        assert (mkv.start_time, mkv.video[0].frame_rate) == ("67/1000", "30")
        assert [(track.codec, track.text) for track in mkv.subtitles] == [("subrip", True)]
        nasa = probe_file(MEDIA / "nasa-2-video-2-audio-2-subtitle.mp4", "full").info
        assert [video.frame_rate for video in nasa.video] == ["25", "30000/1001"]
        assert [video.language for video in nasa.video] == ["eng", "eng"]
        assert probe_file(MEDIA / "sine-24bit.wav").info.audio[0].bits == 24
        assert probe_file(MEDIA / "bbb-720p-5.1.mp4").info.audio[0].layout == "5.1"

    def test_a_late_picture_starts_late() -> None:
        facts = probe_file(MEDIA / "edit-list-starts-1s.mp4", "keyframes").facts
        assert facts is not None
        assert facts.start == 0
        assert facts.video[0].first_pts * facts.video[0].time_base == 1
