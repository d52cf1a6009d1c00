"""Options of encoders in hardware: none is here, but FFmpeg itself says which options and formats each takes."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec
import pytest

from protocol.project import Export
from protocol.project.export import PixelFormat, VideoCodec
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import emit
from sidecar.ffmpeg.builder.encode_hardware import (
    FORMATS,
    QUALITY,
    UPLOADED,
    as_uploaded,
    device_options,
    family_of,
    refusal,
)
from sidecar.ffmpeg.builder.encode_video import video_encoder, video_options
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.quality_scale import on_scale
from sidecar.ffmpeg.codecs import HARDWARE, Family, encoder_of
from tests.harness.commands import output_of
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE

GENERIC = {"c:v", "g", "bf", "b:v", "maxrate", "bufsize", "q:v", "global_quality", "profile:v", "pix_fmt", "r", "tag:v"}
"""Options of every encoder."""

PAIRS: list[tuple[Family, VideoCodec]] = [(family, codec) for family, codecs in HARDWARE.items() for codec in codecs]

CHANGES: list[dict[str, Any]] = [
    {},
    {"preset": "slowest", "bFrames": 2},
    {"quality": 100},
    {"rateControl": "bitrate", "bitrate": 3_000_000, "maxBitrate": 4_000_000, "preset": "fastest"},
]


def export_of(family: str, codec: str, container: str = "mov", **video: Any) -> Export:
    raw = {"container": container, "video": {"codec": codec, "hardware": family, **video}, "audio": None}
    return msgspec.convert(raw, Export)


def options_of(export: Export, codec: VideoCodec) -> dict[str, str | None]:
    assert export.video is not None
    return dict(video_options(export.video, export, codec, Fraction(25)))


@cache
def help_of(encoder: str) -> str:
    told = subprocess.run(
        [ffmpeg(), "-hide_banner", "-h", f"encoder={encoder}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return told.stdout


@pytest.mark.parametrize(("family", "codec"), PAIRS)
def test_each_encoder_knows_the_options_and_formats_it_is_given(family: Family, codec: VideoCodec) -> None:
    encoder = encoder_of(codec, family)
    assert encoder is not None
    text = help_of(encoder)
    for change in CHANGES:
        export = export_of(family, codec, pixelFormat=next(iter(FORMATS[family][codec])), **change)
        options = options_of(export, codec)
        assert options["c:v"] == encoder
        if "is not recognized" in text:
            continue
        for name, value in options.items():
            own = re.search(rf"^  -{re.escape(name)} +<(\w+)>", text, re.MULTILINE)
            assert own or name in GENERIC, (encoder, name)
            if own and value is not None and not re.fullmatch(r"-?[\d.]+", value):
                section = text[own.end() :].split("\n  -")[0]
                assert re.search(rf"^ +{re.escape(value)} ", section, re.MULTILINE), (encoder, name, value)
    taken = re.search(r"Supported pixel formats: (.+)", text)
    if taken:
        given = {UPLOADED[family]} if family in UPLOADED else set(FORMATS[family][codec].values())
        assert given <= set(taken[1].split())


@pytest.mark.parametrize(("family", "codec"), PAIRS)
def test_better_quality_is_asked_for_by_every_step_of_the_scale(family: Family, codec: VideoCodec) -> None:
    anchors = QUALITY.get(family, {}).get(codec)
    if anchors is None:
        assert codec == "prores" or refusal(export_of(family, codec), family) is not None
        return
    values = [on_scale(anchors, quality) for quality in range(101)]
    assert anchors[0][0] == 0
    assert anchors[-1][0] == 100
    assert values == sorted(values, reverse=family != "videotoolbox")
    assert min(values) >= 1
    asked = [options_of(export_of(family, codec, quality=quality), codec) for quality in (10, 90)]
    assert asked[0] != asked[1]


@pytest.mark.parametrize(
    ("family", "pixel_format", "codec"),
    [("amf", "yuv420p", "h264"), ("nvenc", "yuv420p10le", "hevc"), ("videotoolbox", "yuv422p10le", "prores")],
)
def test_what_an_encoder_is_given_is_the_picture_bit_for_bit(
    family: Family, pixel_format: PixelFormat, codec: VideoCodec, tmp_path: Any
) -> None:
    export = export_of(family, codec, pixelFormat=pixel_format)
    assert export.video is not None
    picture = node("format", node("testsrc2", medium="video", s="64x48", r=25, d=1), pix_fmts=pixel_format)
    given = as_uploaded(picture, export, export.video)
    raw = (("c:v", "rawvideo"), ("f", "rawvideo"))
    plain = output_of(Command(outputs=(Output((picture,), raw, "pipe:1"),)), tmp_path)
    back = node("format", given, pix_fmts=pixel_format)
    assert output_of(Command(outputs=(Output((back,), raw, "pipe:1"),)), tmp_path) == plain


def test_frames_are_uploaded_where_encoders_read_from_the_device() -> None:
    given = {"vaapi": "vaapi", "qsv": "nv12", "nvenc": "yuv420p"}
    for family, wanted in given.items():
        export = export_of(family, "h264")
        assert export.video is not None
        device = {"init_hw_device": "vaapi=hw", "filter_hw_device": "hw"} if family == "vaapi" else {}
        assert dict(device_options(export.video)) == device
        assert options_of(export, "h264")["pix_fmt"] == wanted
        uploaded = as_uploaded(node("testsrc2", medium="video"), export, export.video)
        text = emit((uploaded,)).text
        assert ("hwupload" in text) == (family == "vaapi")
        assert f"format=pix_fmts={'nv12' if family != 'nvenc' else 'yuv420p'}" in text


def test_software_and_what_is_not_decided_stay_as_they_were() -> None:
    for hardware in ("off", "auto"):
        export = export_of(hardware, "h264")
        assert export.video is not None
        assert family_of(export.video) is None
        assert device_options(export.video) == ()
        assert video_encoder(export.video, "h264") == "libx264"
        picture = node("testsrc2", medium="video")
        assert as_uploaded(picture, export, export.video) is picture


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("nvenc", "prores", {}, "nvenc encodes h264, hevc, av1, not prores"),
    ("qsv", "h264", {"pixelFormat": "yuv444p"}, "takes yuv420p, not yuv444p"),
    ("nvenc", "h264", {"rateControl": "lossless"}, "lossless"),
    ("nvenc", "h264", {"rateControl": "size", "sizeLimit": 9_000_000}, "two passes"),
    ("nvenc", "h264", {"rateControl": "bitrate", "bitrate": 10**6, "passes": 2}, "two passes"),
    ("v4l2", "h264", {}, "set rateControl to bitrate"),
    ("amf", "h264", {"maxBitrate": 10**6}, "not both"),
]


@pytest.mark.parametrize(("family", "codec", "video", "why"), REFUSED)
def test_what_a_family_cannot_do_is_said(family: Family, codec: str, video: dict[str, Any], why: str) -> None:
    reason = refusal(export_of(family, codec, **video), family)
    assert reason is not None
    assert why in reason


def test_what_a_family_can_do_is_not_refused() -> None:
    assert refusal(export_of("nvenc", "h264", maxBitrate=10**6), "nvenc") is None
    assert refusal(export_of("v4l2", "h264", rateControl="bitrate", bitrate=10**6), "v4l2") is None
    assert refusal(export_of("videotoolbox", "prores", pixelFormat="yuv422p10le"), "videotoolbox") is None


def test_avi_gets_no_reordered_frames() -> None:
    assert options_of(export_of("nvenc", "h264", "avi", bFrames=2), "h264")["bf"] == "0"
