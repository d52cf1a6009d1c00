"""Every way that FFmpeg fails becomes the error that says so: by real failures, and by recorded ones where a machine
cannot be made to have them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from protocol.errors import (
    DependencyMissing,
    DiskFull,
    EncoderUnavailable,
    FfmpegCrashed,
    FfmpegFailed,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    OutputUnwritable,
    PermissionDenied,
    SidecarError,
)
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.failures import failure, redact
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from tests.ffmpeg.process.commands import encode, read
from tests.ffmpeg.process.conftest import FakeMaker
from tests.harness.patience import PATIENCE


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain) -> Path:
    """Make a good file, and files that are not."""
    folder = tmp_path_factory.mktemp("media")
    key = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"]
    for argv in (
        ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-f", "lavfi", "-i", "sine=d=1", "-c:v", "libx264", "ok.mp4"],
        ["-i", "ok.mp4", "-c", "copy", *key, "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8", "locked.mp4"],
    ):
        subprocess.run([toolchain.path, "-v", "error", "-nostdin", *argv], cwd=folder, check=True)
    (folder / "garbage.mp4").write_bytes(bytes(range(256)) * 80)
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("hello\n")
    (folder / "truncated.mp4").write_bytes((folder / "ok.mp4").read_bytes()[:3_000])
    return folder


def one(*options: str, filter_: str = "null", target: str = "-", muxer: str = "null") -> Command:
    picture = node(filter_, node("testsrc2", medium="video", size="64x64", duration=0.2))
    pairs = tuple(zip(options[::2], options[1::2], strict=True))
    return Command((Output((picture,), (*pairs, ("f", muxer)), target),))


REAL: dict[str, tuple[Callable[[], Command], type[SidecarError], dict[str, object]]] = {
    "missing input": (lambda: read("file:missing.mp4"), MediaNotFound, {"path": "missing.mp4"}),
    "second input missing": (lambda: read("file:ok.mp4", "file:no.mp4"), MediaNotFound, {"path": "no.mp4"}),
    "a folder as input": (lambda: read("file:/"), MediaNotFound, {"path": "/"}),
    "garbage": (lambda: read("file:garbage.mp4"), MediaUnreadable, {"path": "garbage.mp4"}),
    "garbage after a good one": (
        lambda: read("file:ok.mp4", "file:garbage.mp4"),
        MediaUnreadable,
        {"path": "garbage.mp4"},
    ),
    "empty": (lambda: read("file:empty.mp4"), MediaUnreadable, {"path": "empty.mp4"}),
    "text": (lambda: read("file:text.mp4"), MediaUnreadable, {"path": "text.mp4"}),
    "truncated": (
        lambda: read("file:truncated.mp4"),
        MediaUnreadable,
        {"path": "truncated.mp4", "detail": "moov atom not found"},
    ),
    "samples that do not decode": (
        lambda: read("file:locked.mp4", globals_=(("xerror", None),)),
        MediaUnreadable,
        {"path": "locked.mp4"},
    ),
    "too many errors": (lambda: read("file:ok.mp4", "file:locked.mp4"), MediaUnreadable, {"path": "locked.mp4"}),
    "nothing decodes": (
        lambda: read("file:ok.mp4", options=(("c:v", "mpeg2video"),)),
        MediaUnreadable,
        {"path": "ok.mp4"},
    ),
    "no such demuxer": (
        lambda: read("file:ok.mp4", options=(("f", "nosuchdemuxer"),)),
        DependencyMissing,
        {"name": "nosuchdemuxer"},
    ),
    "demuxer not allowed": (
        lambda: read("file:ok.mp4", options=(("format_whitelist", "matroska"),)),
        MediaUnsupported,
        {"path": "ok.mp4", "detail": "Format not on whitelist 'matroska'"},
    ),
    "protocol not allowed": (
        lambda: read("file:ok.mp4", options=(("protocol_whitelist", "pipe"),)),
        MediaUnsupported,
        {"path": "ok.mp4"},
    ),
    "too many pixels": (
        lambda: read("file:ok.mp4", options=(("max_pixels", "100"),)),
        MediaUnsupported,
        {"path": "ok.mp4"},
    ),
    "no such decoder": (
        lambda: read("file:ok.mp4", options=(("c:v", "nosuchdecoder"),)),
        DependencyMissing,
        {"name": "nosuchdecoder"},
    ),
    "no such encoder": (lambda: one("c:v", "libnope"), EncoderUnavailable, {"encoder": "libnope"}),
    "encoder refuses": (
        lambda: encode(pix_fmt="yuv444p", profile="baseline"),
        EncoderUnavailable,
        {"encoder": "libx264", "detail": "Error setting profile baseline."},
    ),
    "no such filter": (lambda: one(filter_="nosuchfilter"), DependencyMissing, {"name": "nosuchfilter"}),
    "no such option": (lambda: one("nosuchoption", "1"), FfmpegFailed, {"exit_code": 8}),
    "no such muxer": (
        lambda: one(muxer="nosuchmuxer"),
        FfmpegFailed,
        {"exit_code": 234, "detail": "Requested output format 'nosuchmuxer' is not known."},
    ),
    "muxer refuses": (lambda: encode("file:out.webm", f="webm"), FfmpegFailed, {"exit_code": 234}),
    "disk full at the end": (lambda: encode("file:/dev/full"), DiskFull, {"path": "/dev/full"}),
    "disk full at the head": (lambda: encode("file:/dev/full", f="mp4"), DiskFull, {"path": "/dev/full"}),
    "disk full in the middle": (
        lambda: encode("file:/dev/full", seconds=2, size="320x240", codec="rawvideo"),
        DiskFull,
        {"path": "/dev/full"},
    ),
    "no such folder": (
        lambda: encode("file:no/such/out.nut"),
        OutputUnwritable,
        {"path": "no/such/out.nut", "detail": "No such file or directory"},
    ),
    "a folder as output": (lambda: encode("file:/"), OutputUnwritable, {"path": "/", "detail": "Is a directory"}),
}


@pytest.mark.parametrize("case", REAL)
async def test_real_failures(case: str, supervisor: Supervisor, toolchain: Toolchain, media: Path) -> None:
    make, kind, context = REAL[case]
    with trio.fail_after(PATIENCE), pytest.raises(SidecarError) as caught:
        await execute(make(), toolchain=toolchain, supervisor=supervisor, work=media, role="test")
    error = caught.value
    assert type(error) is kind, error
    assert {name: getattr(error, name) for name in context} == context
    if kind is not FfmpegFailed:
        (cause,) = error.causes
        assert cause.kind == "ffmpegFailed"
        assert cause.context["stderr"]


async def test_a_limit_on_file_sizes_is_a_full_disk(supervisor: Supervisor, fake: FakeMaker, tmp_path: Path) -> None:
    limited = fake('ulimit -f 100; exec "$FFMPEG" "$@"')
    command = encode(seconds=2, size="320x240", codec="rawvideo")
    with trio.fail_after(PATIENCE), pytest.raises(DiskFull) as caught:
        await execute(command, toolchain=limited, supervisor=supervisor, work=tmp_path, role="test")
    assert caught.value.path == "out.nut"


NVENC = """\
[h264_nvenc @ 0x563d7f45cfc0] [error] Cannot load libcuda.so.1
[vost#0:0/h264_nvenc @ 0x563d7f45c900] [enc:h264_nvenc @ 0x563d7f45cec0] [error] Error while opening encoder - maybe \
incorrect parameters such as bit_rate, rate, width or height.
[fc#0 @ 0x563d7f458540] [error] Error sending frames to consumers: Operation not permitted
"""
VAAPI = """\
[vf#0:0 @ 0x563d3a2c7840] [error] Error reinitializing filters!
[vf#0:0 @ 0x563d3a2c7840] [error] Task finished with error code: -38 (Function not implemented)
[vost#0:0/h264_vaapi @ 0x563d3a29e300] [enc:h264_vaapi @ 0x563d3a34bf00] [error] Could not open encoder before EOF
"""
DENIED = """\
[in#0 @ 0x55b3] [error] Error opening input: Permission denied
[error] Error opening input file file:/media/secret.mp4.
[fatal] Error opening input files: Permission denied
"""
READ_ONLY = """\
[out#0/mp4 @ 0x55ca] [fatal] Error opening output file:/media/cd/out.mp4: Read-only file system
[error] Error opening output file file:/media/cd/out.mp4.
[fatal] Error opening output files: Read-only file system
"""
DRM = "[asf @ 0x1] [error] DRM protected stream detected, decoding will likely fail!\n"
BROKEN_DISK = "[in#1/matroska @ 0x1] [error] Error during demuxing: Input/output error\n"


@pytest.mark.parametrize(
    ("status", "stderr", "kind", "context"),
    [
        (255, NVENC, EncoderUnavailable, {"encoder": "h264_nvenc", "detail": "Cannot load libcuda.so.1"}),
        (218, VAAPI, EncoderUnavailable, {"encoder": "h264_vaapi", "detail": "Error reinitializing filters!"}),
        (243, DENIED, PermissionDenied, {"path": "/media/secret.mp4", "access": "read"}),
        (226, READ_ONLY, OutputUnwritable, {"path": "/media/cd/out.mp4", "detail": "Read-only file system"}),
        (183, DRM, MediaUnreadable, None),
        (251, BROKEN_DISK, MediaUnreadable, {"path": "b.mkv"}),
        (134, "", DiskFull, {"path": "/media/cd/out.mp4"}),
        (153, "", DiskFull, {"path": "/media/cd/out.mp4"}),
        (-25, "", DiskFull, {"path": "/media/cd/out.mp4"}),
        (-11, "", FfmpegCrashed, {"signal": 11}),
        (-9, "[error] whatever", FfmpegCrashed, {"signal": 9}),
        (255, "", FfmpegCrashed, {"signal": 15}),
        (255, "[error] Operation not permitted", FfmpegFailed, {"exit_code": 255}),
        (1, "", FfmpegFailed, {"detail": "it said nothing"}),
        (1, "plain words\n\n", FfmpegFailed, {"detail": "plain words"}),
        (8, "[error] Unrecognized option 'x'.", FfmpegFailed, {"detail": "Unrecognized option 'x'."}),
        (
            228,
            "[out#7/mp4 @ 0x1] [error] Error writing trailer: No space left on device",
            DiskFull,
            {"path": "its output"},
        ),
    ],
)
def test_recorded_failures(
    status: int, stderr: str, kind: type[SidecarError], context: dict[str, object] | None
) -> None:
    error = failure(status, stderr, inputs=["file:a.mp4", "file:b.mkv"], outputs=["file:/media/cd/out.mp4"])
    if context is None:  # no input is named: FFmpeg's own words are all there is
        assert type(error) is FfmpegFailed
        error = failure(status, stderr, inputs=["file:a.wma"])
        assert type(error) is MediaEncrypted
        assert error.path == "a.wma"
        return
    assert type(error) is kind
    assert {name: getattr(error, name) for name in context} == context


@pytest.mark.parametrize("status", [254, 243, 183, 251, 234, 8])
def test_without_an_input_to_name_nothing_is_said_of_one(status: int) -> None:
    stderr = "[error] Error opening input: demux not on whitelist"
    assert type(failure(status, stderr)) is FfmpegFailed


def test_every_status_gives_an_error_that_can_be_sent() -> None:
    for status in [*range(1, 256), *range(-64, 0)]:
        error = failure(status, "\udcff[error] odd \x00 words", inputs=["a"], outputs=["b"])
        assert error.data("trace").kind == error.kind
        assert error.message


def test_a_full_disk_tells_what_is_free(tmp_path: Path) -> None:
    error = failure(228, "", outputs=[f"file:{tmp_path}/out.mp4"])
    assert isinstance(error, DiskFull)
    assert error.free is not None
    assert error.free > 0
    missing = failure(228, "", outputs=["/no/such/folder/out.mp4"])
    assert isinstance(missing, DiskFull)
    assert missing.free is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Error opening /home/alice/films/a.mp4: gone", "Error opening ~/films/a.mp4: gone"),
        ("Error opening /Users/bob/a.mp4", "Error opening ~/a.mp4"),
        (r"Error opening C:\Users\carol\a.mp4", r"Error opening ~\a.mp4"),
        (f"in {Path.home()}/x", "in ~/x"),
        ("/srv/media/a.mp4", "/srv/media/a.mp4"),
    ],
)
def test_homes_are_not_named(said: str, shown: str) -> None:
    assert redact(said) == shown
    assert failure(1, f"[error] {said}").data("t").context["detail"] == shown


def test_an_error_carries_few_and_short_lines() -> None:
    error = failure(1, "\n".join(f"[error] {number} " + "x" * 5_000 for number in range(100)))
    assert isinstance(error, FfmpegFailed)
    assert len(error.stderr) == 20
    assert max(map(len, [*error.stderr, error.detail])) <= 400
    assert error.detail.startswith("0 x")
    assert os.linesep not in error.detail
