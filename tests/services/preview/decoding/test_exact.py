"""Decoders show what FFmpeg shows, bit for bit, wherever they come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from sidecar.services.preview.decoding.fifo import Stop
from sidecar.services.preview.decoding.messages import Origin
from sidecar.services.preview.decoding.planes import pieces
from sidecar.services.preview.decoding.seats import Hand
from sidecar.services.preview.decoding.shelf import Shown
from sidecar.services.preview.decoding.sources import Sources
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.services.preview.decoding.feeding import Reference, picture_stream, reference

LIMIT = 8 << 20
DECODER_BYTES = 256 << 20

CLIPS: dict[str, dict[str, Any]] = {
    "a.mp4": {"rate": "30000/1001", "gop": 20, "b_frames": 3, "audio": "stereo"},
    "long.mp4": {"rate": "30", "gop": 250, "b_frames": 2},
    "open.mp4": {"codec": "libx264", "gop": 12, "b_frames": 3, "options": ("-x264-params", "open-gop=1")},
    "hevc.mp4": {"codec": "libx265", "gop": 12},
    "odd.webm": {"rate": "30", "gop": 25, "size": (161, 121)},
    "vp8.webm": {"codec": "libvpx", "gop": 20, "options": ("-auto-alt-ref", "1", "-lag-in-frames", "10")},
    "av1.mp4": {"codec": "libsvtav1", "gop": 20},
    "a.mkv": {"rate": "24000/1001", "gop": 30, "b_frames": 2},
    "vfr.mkv": {"variable": True, "gop": 10, "b_frames": 2},
    "vfr.mp4": {"variable": True, "gop": 12},
    "a.ts": {"rate": "25", "gop": 12, "b_frames": 2, "audio": "stereo", "start": 6.4},
    "h264.ts": {"codec": "libx264", "rate": "25", "gop": 25, "b_frames": 3},
    "a.mpg": {"rate": "25", "gop": 12, "b_frames": 2},
    "a.avi": {"rate": "25", "gop": 15, "b_frames": 2},
    "h264.avi": {"codec": "libx264", "rate": "24000/1001", "gop": 24, "b_frames": 2},
    "a.flv": {"rate": "25", "gop": 25, "b_frames": 2},
    "late.mp4": {"rate": "50", "gop": 25, "start": 1.5},
    "fields.mkv": {"codec": "mpeg2video", "rate": "30000/1001", "gop": 15, "interlaced": True},
    "deep.mp4": {"codec": "libx265", "pixel_format": "yuv420p10le", "gop": 12},
    "full.mov": {"codec": "mjpeg", "rate": "25"},
    "hevc.ts": {"codec": "libx265", "options": ("-x265-params", "open-gop=1:keyint=20:bframes=3:log-level=error")},
    "fragments.mp4": {"gop": 25, "b_frames": 2, "options": ("-movflags", "frag_keyframe+empty_moov")},
    "a.gif": {"rate": "10"},
    "a.png": {},
}


@contextmanager
def sources(threads: int = 3, limit: int = LIMIT, decoder_bytes: int = DECODER_BYTES) -> Iterator[Sources]:
    yield Sources(threads, limit, decoder_bytes)


@contextmanager
def hand_on(opened: Sources, path: Path, **more: Any) -> Iterator[Hand]:
    usual: dict[str, Any] = {"stream": 0, "decoder": None, "seekable": True}
    stop = Stop()
    hand = opened.begin(Origin(path=bytes(path), **{**usual, **more}), stop)
    try:
        yield hand
    finally:
        opened.leave(hand)
        stop.close()


def digest(shown: Shown) -> str:
    return md5(b"".join(pieces(shown.frame))).hexdigest()  # noqa: S324 - FFmpeg's own


def walk(found: Reference, seed: str, length: int) -> list[int]:
    """Ticks as an editor asks for them: jumps, steps forward and back, frame edges, both ends and beyond."""
    draw = random.Random(seed)
    times, ticks = found.times, [found.times[0] - 5, found.times[-1] + 10_000_000, found.times[0]]
    while len(ticks) < length:
        place, step = draw.randrange(len(times)), draw.choice([1, 1, 1, -1, 2, 7])
        for number in range(draw.randrange(1, 8)):
            at = min(max(0, place + number * step), len(times) - 1)
            ticks.append(times[at] + draw.choice([0, 0, -1, 1]))
    return ticks


def wrong(path: Path, found: Reference, ticks: list[int], *, threads: int = 3, **more: Any) -> list[int]:
    """Return the ticks at which something else is shown."""
    with sources(threads) as opened, hand_on(opened, path, **more) as hand:
        return [tick for tick in ticks if digest(opened.picture(hand, tick)) != found.shown(tick)]


def test_an_animation_that_cannot_be_sought(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1"]
    run_ffmpeg([*source, "-c:v", "apng", "-f", "apng", "-plays", "0", str(path)])
    found = reference(path)
    assert wrong(path, found, walk(found, "animation", 30)) == []


@pytest.mark.parametrize("name", CLIPS)
def test_every_tick_shows_what_ffmpeg_shows(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, **{"seconds": 3, **CLIPS[name]})
    found = reference(path)
    assert wrong(path, found, walk(found, name, 100)) == []
    assert wrong(path, found, walk(found, name, 25), threads=1) == []
    assert wrong(path, found, walk(found, name, 15), seekable=False) == []


@pytest.mark.parametrize(("codec", "options"), [("libvpx-vp9", ()), ("libvpx", ("-auto-alt-ref", "0"))])
def test_alpha_by_the_decoder_that_gives_it(tmp_path: Path, codec: str, options: tuple[str, ...]) -> None:
    path = make_clip(
        tmp_path / "a.webm",
        codec=codec,
        pixel_format="yuva420p",
        filters="format=yuva420p,fade=out:5:15:alpha=1",
        gop=8,
        options=options,
    )
    found = reference(path, decoder=codec)
    assert found.digests != reference(path).digests
    assert wrong(path, found, walk(found, codec, 40), decoder=codec) == []


if HAVE_MEDIA:

    @pytest.mark.parametrize(
        "name",
        [
            "av1.mp4",
            "corrupted-after-28-frames.mp4",
            "edit-list-starts-1s.mp4",
            "h264-10bit.mp4",
            "h264-bframes-mono-aac.mp4",
            "hevc-bframes-silent.mp4",
            "interlaced-480i.mp4",
            "mpeg4.avi",
            "mpegts-starts-1.5s.ts",
            "rotated-90.mov",
            "vfr-no-duration.webm",
            "vp9-odd-161x121.webm",
        ],
    )
    def test_real_files(name: str) -> None:
        path, stream = MEDIA / name, picture_stream(MEDIA / name)
        found = reference(path, stream)
        assert wrong(path, found, walk(found, name, 16), stream=stream) == []
