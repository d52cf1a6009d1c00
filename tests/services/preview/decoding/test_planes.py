"""Pictures are packed as FFmpeg's raw video has them, in every format that is fed."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import av
import pytest

from sidecar.ffmpeg.builder.picture import feeds
from sidecar.services.preview.decoding.messages import Format
from sidecar.services.preview.decoding.planes import format_of, held_bytes, pieces
from tests.harness.media import run_ffmpeg
from tests.services.preview.decoding.feeding import reference

CODECS = {
    "ffv1": (
        *("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "yuv440p", "yuva420p", "yuva422p", "yuva444p"),
        *("yuv420p9le", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv422p12le", "yuv444p12le", "yuv444p16le"),
        *("yuva444p10le", "gray", "gray10le", "gray16le", "gbrp10le", "gbrp12le", "gbrap12le", "gbrp16le"),
    ),
    "png": ("rgb24", "rgba", "ya8", "rgb48be", "rgba64be", "ya16be", "gray16be"),
    "rawvideo": (
        *("nv12", "nv21", "yuyv422", "uyvy422", "bgr24", "bgra", "argb", "abgr", "0rgb", "rgb0", "0bgr"),
        *("bgr0", "rgb48le", "rgba64le", "gbrp", "gbrap", "yuv444p14le"),
    ),
    "mjpeg": ("yuvj420p", "yuvj422p", "yuvj444p"),
}

SIZE = 161, 121


@pytest.mark.parametrize("codec", CODECS)
def test_bytes_are_those_of_raw_video(tmp_path: Path, codec: str) -> None:
    formats = CODECS[codec]
    outputs = [
        part
        for name in formats
        for part in (*("-map", "0", "-frames:v", "1", "-c:v", codec, "-pix_fmt", name), f"{name}.nut")
    ]
    run_ffmpeg(["-f", "lavfi", "-i", f"testsrc2=s={SIZE[0]}x{SIZE[1]},format=rgba", *outputs], cwd=tmp_path)
    wrong = []
    for name in formats:
        path = tmp_path / f"{name}.nut"
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        assert format_of(frame) == Format(name.replace("yuvj", "yuv"), *SIZE)
        data = b"".join(pieces(frame))
        assert held_bytes(frame) >= len(data)
        if md5(data).hexdigest() != reference(path).digests[0]:  # noqa: S324 - FFmpeg's own
            wrong.append(name)
    assert wrong == []


def test_deep_pictures_with_colours_in_pairs() -> None:
    """No file that FFmpeg writes has them."""
    luma, chroma = 161 * 121, 2 * 81 * 61
    for name, size in (("nv16", luma + 2 * 81 * 121), ("p010le", 2 * luma + 2 * chroma)):
        assert sum(map(len, pieces(av.VideoFrame(*SIZE, name)))) == size


def test_every_format_that_is_fed_was_tried() -> None:
    tried = {name.replace("yuvj", "yuv") for names in CODECS.values() for name in names}
    assert all(feeds._FEEDABLE.fullmatch(name) for name in tried)


def test_pictures_that_are_stored_from_the_bottom_up(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    run_ffmpeg(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=160x120", "-frames:v", "2", "-c:v", "rawvideo"),
            *("-pix_fmt", "bgr24", str(path)),
        ]
    )
    with av.open(str(path)) as container:
        data = [b"".join(pieces(frame)) for frame in container.decode(video=0)]
    assert [md5(each).hexdigest() for each in data] == list(reference(path).digests)  # noqa: S324 - FFmpeg's own
