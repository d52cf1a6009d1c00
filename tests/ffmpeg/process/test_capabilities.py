from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import av
import msgspec
import pytest
import trio

from protocol.errors import FfmpegFailed, FfmpegNotFound
from protocol.project.export import AudioCodec, Container, VideoCodec
from protocol.project.formats import CONTAINERS
from sidecar.ffmpeg import capabilities as module
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.capabilities import Listings, capabilities, container_support, read_filters, read_formats
from sidecar.ffmpeg.codecs import AUDIO_ENCODERS, HARDWARE, MUXERS, VIDEO_ENCODERS, encoder_of
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from tests.ffmpeg.process.conftest import FakeMaker
from tests.harness.patience import PATIENCE

QUICK = {"libx264": "ultrafast", "libx265": "ultrafast", "libsvtav1": "12"}
NAMES = {"dnxhr": "dnxhd"}


async def test_the_listings_of_the_binary_in_use(supervisor: Supervisor, toolchain: Toolchain) -> None:
    with trio.fail_after(PATIENCE):
        found = await capabilities(toolchain, supervisor)
    assert (found.path, found.version, found.source) == (str(toolchain.path), toolchain.version, "bundled")
    assert {"libx264", "libopus", "h264_nvenc"} <= set(found.encoders)
    assert {"h264", "aac", "libdav1d"} <= set(found.decoders)
    assert {"mp4", "matroska", "image2"} <= set(found.muxers)
    assert {"mov", "mp4", "matroska", "webm", "lavfi"} <= set(found.demuxers)
    assert {"xfade", "testsrc2", "split", "concat", "subtitles"} <= set(found.filters)
    assert {"file", "pipe"} <= set(found.protocols)
    for names in (found.encoders, found.decoders, found.muxers, found.demuxers, found.filters, found.protocols):
        assert names == sorted(set(names))
        assert not {"=", "-", "---", "------", "Input:", "D..", ""} & set(names)
    assert "methods:" not in found.hwaccels
    assert [entry.container for entry in found.containers] == list(get_args(Container))


async def test_pyav_knows_the_same_file_formats(supervisor: Supervisor, toolchain: Toolchain) -> None:
    """PyAV asks its own FFmpeg by another way: what both have, both name."""
    with trio.fail_after(PATIENCE):
        found = await capabilities(toolchain, supervisor)
    listed = set(found.demuxers) | set(found.muxers)
    common = {"mov", "mp4", "matroska", "webm", "avi", "mpegts", "wav", "flac", "ogg", "gif", "nut", "mp3"}
    assert common <= listed
    assert common <= set(av.formats_available)


async def test_a_binary_is_asked_once(
    supervisor: Supervisor, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trio.fail_after(PATIENCE):
        first = await capabilities(toolchain, supervisor)
        monkeypatch.setattr(module, "_ask", None)
        again = await capabilities(replace(toolchain, source="setting"), supervisor)
    assert again == msgspec.structs.replace(first, source="setting")


async def test_a_binary_that_fails_is_a_typed_error(
    supervisor: Supervisor, fake: FakeMaker, toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trio.fail_after(PATIENCE):
        with pytest.raises(FfmpegNotFound, match="gone"):
            await capabilities(replace(toolchain, path=tmp_path / "gone"), supervisor)
        with pytest.raises(FfmpegFailed):
            await capabilities(fake("echo '[error] no' >&2; exit 1"), supervisor)
        monkeypatch.setattr(module, "ANSWER_WITHIN", 0.2)
        with pytest.raises(FfmpegNotFound, match="took longer"):
            await capabilities(fake("sleep 60 # slow"), supervisor)
        still = tmp_path / "not-executable"
        still.touch()
        with pytest.raises(FfmpegNotFound, match="executable"):
            await capabilities(replace(toolchain, path=still), supervisor)
    assert supervisor.children() == ()


def test_what_a_smaller_build_lacks_is_named() -> None:
    small = Listings(("libx264", "aac"), (), ("mp4",), (), (), (), ())
    mp4 = container_support("mp4", small)
    assert mp4.muxer
    assert mp4.video["h264"]
    assert not mp4.video["hevc"]
    assert "libx265" in mp4.missing
    assert "libx264" not in mp4.missing
    mkv = container_support("mkv", small)
    assert not mkv.muxer
    assert not mkv.video["h264"]
    assert mkv.missing[-1] == "matroska"


def test_listings_of_other_versions_are_read() -> None:
    assert read_filters(" T.C blend             VV->V      Blend.\n ... null              V->V       Pass.\n") == [
        "blend",
        "null",
    ]
    assert read_formats(" D. mov,mp4 x\n DE  matroska        Matroska\n D d lavfi\n") == ["matroska", "lavfi"]


def test_every_codec_and_container_has_its_writer() -> None:
    assert set(MUXERS) == set(get_args(Container)) == set(CONTAINERS)
    assert set(VIDEO_ENCODERS) == set(get_args(VideoCodec))
    assert set(AUDIO_ENCODERS) == set(get_args(AudioCodec))


async def test_every_encoder_named_for_hardware_exists_here_or_on_another_system(
    supervisor: Supervisor, toolchain: Toolchain
) -> None:
    with trio.fail_after(PATIENCE):
        found = await capabilities(toolchain, supervisor)
    assert encoder_of("h264") == "libx264"
    assert encoder_of("h264", "v4l2") == "h264_v4l2m2m"
    assert encoder_of("ffv1", "nvenc") is None
    for family in ("nvenc", "qsv", "vaapi", "amf"):
        for codec in HARDWARE[family]:
            assert encoder_of(codec, family) in found.encoders


PAIRS = [
    (container, codec, medium)
    for container, facts in CONTAINERS.items()
    for medium, codecs in (("video", facts.video), ("audio", facts.audio))
    for codec in codecs
]


async def test_every_pair_of_the_table_is_written_and_read_back(
    supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path
) -> None:
    wrong = {}
    with trio.fail_after(PATIENCE):
        for container, codec, medium in PAIRS:
            target = tmp_path / f"{container}-{codec}.{container}"
            await execute(
                _write(container, codec, medium, target),
                toolchain=toolchain,
                supervisor=supervisor,
                work=tmp_path,
                role="test",
            )
            read = _codec_of(target, medium)
            if read != NAMES.get(codec, codec):
                wrong[container, codec] = read
    assert wrong == {}


def _write(container: Container, codec: str, medium: str, target: Path) -> Command:
    options: list[tuple[str, str | None]] = [("f", MUXERS[container])]
    if medium == "video":
        source = node("testsrc2", medium="video", size="256x144", rate=5, duration=0.6)
        encoder = VIDEO_ENCODERS[codec]  # type: ignore[index] # PAIRS has it from the same table
        options += [("c:v", encoder)]
        options += [("preset", QUICK[encoder])] if encoder in QUICK else []
        options += [("deadline", "realtime")] if encoder == "libvpx-vp9" else []
        options += [("profile:v", "dnxhr_sq"), ("pix_fmt", "yuv422p")] if codec == "dnxhr" else []
        options += [("update", "1"), ("frames:v", "1")] if container == "png" else []
    else:
        source = node("sine", medium="audio", sample_rate=48_000, duration=0.3)
        options += [("c:a", AUDIO_ENCODERS[codec])]  # type: ignore[index]
    return Command((Output((source,), tuple(options), f"file:{target}"),))


def _codec_of(path: Path, medium: str) -> str:
    with av.open(path) as opened:
        stream = opened.streams.video[0] if medium == "video" else opened.streams.audio[0]
        return str(stream.codec_context.codec.canonical_name)
