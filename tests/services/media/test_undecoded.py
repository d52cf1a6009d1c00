"""What headers tell of pictures is what decoding one tells; where they might not, one is decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.services.media import reader
from sidecar.services.media.boxes import plain_tracks
from sidecar.services.media.reader import probe_file
from sidecar.services.media.undecoded import _harmless
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA

PQ = ["-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"]
LIGHT = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Probe by headers and by decoding; also return how many pictures the first decoded."""
    decoded = 0
    real = reader._decode

    def counting(*given: Any) -> bool:
        nonlocal decoded
        decoded += 1
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(reader, "_decode", counting)
        told = probe_file(path).info
    with monkeypatch.context() as patch:
        patch.setattr(reader, "_plain", lambda *_: frozenset())
        seen = probe_file(path).info
    return msgspec.to_builtins(told), msgspec.to_builtins(seen), decoded


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264.mp4", {"codec": "libx264"}),
        ("ten.mp4", {"codec": "libx264", "pixel_format": "yuv420p10le"}),
        ("full.mp4", {"codec": "libx264", "pixel_format": "yuvj420p"}),
        ("hevc.mp4", {"codec": "libx265"}),
        ("hevc.mov", {"codec": "libx265", "pixel_format": "yuv422p10le"}),
        ("vp9.mp4", {"codec": "libvpx-vp9"}),
        ("av1.mp4", {"codec": "libsvtav1"}),
        ("frames.mp4", {"codec": "libx264", "b_frames": 2}),
        ("h264.mkv", {"codec": "libx264"}),
        ("vp9.webm", {"codec": "libvpx-vp9"}),
        ("color.mkv", {"codec": "libx264", "color": ("tv", "bt709", "bt709", "bt709")}),
    ],
)
def test_plain_files_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, Any]
) -> None:
    told, seen, decoded = both(make_clip(tmp_path / name, seconds=0.4, audio="stereo", **options), monkeypatch)
    assert told == seen
    assert decoded == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rotated.mp4", ["-c", "copy"]),
        ("fields.mp4", ["-vf", "interlace", "-c:v", "libx264", "-flags", "+ildct+ilme"]),
        (
            "pq.mp4",
            [
                "-c:v",
                "libx265",
                "-pix_fmt",
                "yuv420p10le",
                *PQ,
                "-x265-params",
                f"log-level=error:master-display={LIGHT}:max-cll=1000,400",
            ],
        ),
        ("rotated.mkv", ["-c", "copy"]),
        ("old.avi", ["-c:v", "mpeg4"]),
        ("stream.ts", ["-c", "copy"]),
    ],
)
def test_whatever_might_turn_or_light_a_picture_has_it_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[str]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.4, size=(320, 180), rate="50")
    turned = ["-display_rotation", "90"] if name.startswith("rotated") else []
    run_ffmpeg([*turned, "-i", str(clip), *arguments, str(tmp_path / name)])
    told, seen, decoded = both(tmp_path / name, monkeypatch)
    assert told == seen
    assert decoded > 0
    if name == "pq.mp4":
        assert told["video"][0]["hdr"] == {"kind": "pq", "maxLuminance": 1000.0}
    if name.startswith("rotated"):
        assert told["video"][0]["rotation"] == 270
    if name == "fields.mp4":
        assert told["video"][0]["interlaced"] == "tff"


if HAVE_MEDIA:

    def test_real_files_are_told_as_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
        decoded = 0
        paths = [path for path in sorted(MEDIA.iterdir()) if path.suffix != ".md"]
        for path in paths:
            told, seen, count = both(path, monkeypatch)
            assert told == seen, path.name
            decoded += count > 0
        assert decoded <= len(paths) // 2


def test_boxes_that_lie_are_not_believed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.2)
    whole = clip.read_bytes()
    assert plain_tracks(clip) == {1}
    assert plain_tracks(tmp_path / "none.mp4") == frozenset()
    at = whole.index(b"moov") - 4
    broken = tmp_path / "broken.mp4"
    for length in range(at, len(whole) - 1, 17):
        broken.write_bytes(whole[:length])
        assert plain_tracks(broken) == frozenset()
    matrix = whole.index(b"tkhd") + 4 + 40
    for place in range(matrix, matrix + 36):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert plain_tracks(broken) == frozenset()


def test_a_size_without_end_is_not_read_to_its_end() -> None:
    assert not _harmless("av1", b"", b"\x0a" + b"\x81" * 2_000_000)
