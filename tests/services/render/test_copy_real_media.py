from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from protocol.time import format_rate
from sidecar.services.media.reader import probe_file
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.services.render.copying import copied, ffmpeg_hashes, found, frame_hashes, render_copied, rules, shot

RULES = {
    "av1.mp4": "codec",
    "bbb-720p-5.1.mp4": None,
    "corrupted-after-28-frames.mp4": "damaged",
    "edit-list-starts-1s.mp4": None,
    "h264-10bit.mp4": "pixelFormat",
    "h264-bframes-mono-aac.mp4": None,
    "h264-srt-overlapping.mkv": None,
    "hdr-hlg-10bit.mp4": "sourceColor",
    "hevc-1080p-gop150.mp4": "sourceFormat",
    "hevc-bframes-silent.mp4": "sourceColor",
    "interlaced-480i.mp4": "pixelAspect",
    "long-362s-1080p30.mp4": None,
    "mpegts-starts-1.5s.ts": "sourceContainer",
    "nasa-2-video-2-audio-2-subtitle.mp4": None,
    "rotated-90.mov": "rotation",
    "speech-42s.mp4": None,
    "vfr-no-duration.webm": "codec",
    "vp9.mp4": "codec",
}
"""Why real files are not copied by an export of their own size, rate, codec and format; None: they are."""


def _alike(path: Path, *, cut: bool = True) -> dict[str, Any]:
    """A project of a file's own kind: all of it, or from its third frame on."""
    facts = probe_file(path, "keyframes").facts
    assert facts is not None
    video = facts.video[0]
    rate = video.rate or Fraction(25)
    frames = (video.frames or 0) - 3 * cut
    pixel_format = video.pixel_format if video.pixel_format in ("yuv420p", "yuv420p10le") else "yuv420p"
    codec = video.codec if video.codec in ("h264", "hevc", "vp9", "av1") else "h264"
    # A file that begins with its sound shows its first picture later.
    begins = video.first_pts * video.time_base - facts.start
    clip = shot(path, 0, 0) | {"duration": str(frames / rate), "sourceStart": str(begins + 3 * cut / rate)}
    raw = copied(clip, frameRate=format_rate(rate), width=video.width // 2 * 2, height=video.height // 2 * 2)
    raw["export"]["video"] |= {"codec": codec, "pixelFormat": pixel_format}
    return raw


if HAVE_MEDIA:

    @pytest.mark.parametrize("name", RULES)
    def test_real_files_are_copied_or_not(tmp_path: Path, name: str) -> None:
        spans, refusals = found(_alike(MEDIA / name, cut=False), tmp_path)
        assert (rules(refusals)[0] if refusals else None) == RULES[name]
        assert bool(spans) == (RULES[name] is None)

    def test_a_film_of_speech_is_copied_from_its_second_group_on(tmp_path: Path) -> None:
        path = MEDIA / "speech-42s.mp4"
        raw = _alike(path)
        raw["export"] |= {"range": ["0", "6"]}
        made = render_copied(raw, tmp_path, "out.mp4")
        assert made.checks == (None,)
        (span,) = made.spans
        assert (span.first, span.source_first) == (57, 60)
        shown, own = frame_hashes(made.path), frame_hashes(path)
        assert shown[span.first : span.end] == own[span.source_first : span.source_first + span.frames]
        assert len(ffmpeg_hashes(made.path)) == len(shown)
