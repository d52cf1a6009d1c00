"""Every pair of a container and a codec that a project may ask for: the right frames, for the right time, in sync."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.project.check import check
from protocol.project.export import Container, VideoCodec
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, PROFILES, VIDEO_CODECS
from tests.harness.media import decode_luma, decode_sound, ffmpeg, make_clip, read_number
from tests.harness.patience import PATIENCE
from tests.harness.rendering import clip, project, render

SIZE = (256, 128)
FRAMES = 10
PAIRS: list[tuple[Container, VideoCodec]] = [
    (container, codec) for container, facts in CONTAINERS.items() for codec in facts.video
]
SOUNDS = [(container, codec) for container, facts in CONTAINERS.items() for codec in facts.audio]
SLACK = 0.012
"""Seconds that sound may be off: a tick of a container's clock and a sample or two of the beep's edge."""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "own.mkv", seconds=2, size=SIZE, codec="ffv1", audio="stereo", audio_codec="flac", sound="beep")
    return folder


def settings(codec: VideoCodec, **members: Any) -> dict[str, Any]:
    """Settings of a codec that give no problem: its first pixel format, and speed where it has any."""
    facts = VIDEO_CODECS[codec]
    fast = {"preset": "fastest"} if facts.tuned else {}
    return {"codec": codec, "pixelFormat": facts.pixel_formats[0], **fast, **members}


def written(raw: dict[str, Any], media: Path, target: Path) -> Path:
    """Render a project that has no problem at all; return the file, or the pattern of the files."""
    assert [problem.message for problem in check(raw).problems] == []
    render(raw, media, target)
    return target


def numbers(path: Path, container: str) -> list[tuple[Fraction | None, int]]:
    """Read when each frame is shown, and its number. PyAV reads no animated WebP: FFmpeg's frames have no times."""
    if container == "webp":
        command = [
            ffmpeg(),
            "-v",
            "error",
            "-i",
            str(path),
            "-fps_mode",
            "passthrough",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "gray",
            "-",
        ]
        data = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout
        return [(None, read_number(luma)) for luma in np.frombuffer(data, np.uint8).reshape(-1, SIZE[1], SIZE[0])]
    return [(at, read_number(luma)) for at, luma in decode_luma(path)]


@pytest.mark.parametrize(("container", "codec"), PAIRS)
def test_every_pair_shows_every_frame_at_its_time(
    container: Container, codec: VideoCodec, media: Path, tmp_path: Path
) -> None:
    sound = CONTAINERS[container].audio
    for count in (FRAMES, 1):
        raw = project(
            {"clips": [clip("own.mkv", 0, count / 25)]},
            size=SIZE,
            export={
                "container": container,
                "video": settings(codec),
                "audio": {"codec": sound[0]} if sound and count > 1 else None,
            },
        )
        name = "frame-%05d.png" if container == "png" else f"out.{container}"
        target = written(raw, media, tmp_path / name)
        if container == "png":
            found = [numbers(tmp_path / f"frame-{n:05d}.png", container)[0][1] for n in range(count)]
            assert not (tmp_path / f"frame-{count:05d}.png").exists() or count == 1
            assert found == list(range(count))
            continue
        shown = numbers(target, container)
        assert [number for _, number in shown] == list(range(count))
        for number, (at, _) in enumerate(shown):
            # Matroska counts milliseconds, and shifts the picture by the priming of AAC.
            assert at is None or abs(at - shown[0][0] - Fraction(number, 25)) <= Fraction(1, 1000)  # type: ignore[operator]  # the first has a time, too


def begin_of(path: Path, kind: str) -> Fraction:
    """Return the first instant of the first stream of a kind, as the container has it."""
    with av.open(str(path)) as read:
        stream = read.streams.audio[0] if kind == "audio" else read.streams.video[0]
        tick = stream.time_base or Fraction(1)
        return min(packet.pts * tick for packet in read.demux(stream) if packet.pts is not None)


@pytest.mark.parametrize(("container", "codec"), SOUNDS)
def test_every_sound_lasts_and_lies_where_it_should(
    container: Container, codec: str, media: Path, tmp_path: Path
) -> None:
    picture = CONTAINERS[container].video
    export: dict[str, Any] = {"container": container, "audio": {"codec": codec}, "video": None}
    if picture:
        export["video"] = settings(picture[0])
    raw = project({"clips": [clip("own.mkv", 0, 1.2)]}, size=SIZE, export=export)
    target = written(raw, media, tmp_path / f"out.{container}")
    rate, samples = decode_sound(target)
    begins = [begin_of(target, kind) for kind in (("audio", "video") if picture else ("audio",))]
    # What the container says of the beginning of sound and picture; decoders leave priming out.
    offset = 0.0 if len(begins) == 1 or begins[0] <= begins[1] else float(begins[0] - begins[1])
    loud = np.flatnonzero(np.abs(samples[0]) > 0.1)
    starts = [loud[0], *loud[1:][np.diff(loud) > rate // 2]]
    found = [start / rate + offset for start in starts]
    assert found == pytest.approx([0.0, 1.0], abs=SLACK if AUDIO_CODECS[codec].lossless else 0.03)  # type: ignore[index]  # a codec's name


FORMATS = [(codec, pixel_format) for codec, facts in VIDEO_CODECS.items() for pixel_format in facts.pixel_formats]
HOMES: dict[str, Container] = {"prores": "mov", "gif": "gif", "webp": "webp", "vp9": "webm"}


@pytest.mark.parametrize(("codec", "pixel_format"), FORMATS)
def test_every_pixel_format_of_every_codec(codec: VideoCodec, pixel_format: str, media: Path, tmp_path: Path) -> None:
    container = HOMES.get(codec, "mkv")
    raw = project(
        {"clips": [clip("own.mkv", 0, 0.08)]},
        size=SIZE,
        export={"container": container, "audio": None, "video": settings(codec, pixelFormat=pixel_format)},
    )
    shown = numbers(written(raw, media, tmp_path / f"out.{container}"), container)
    assert [number for _, number in shown] == [0, 1]


LISTED = [(codec, profile, formats[0]) for codec, profiles in PROFILES.items() for profile, formats in profiles.items()]


@pytest.mark.parametrize(("codec", "profile", "pixel_format"), LISTED)
def test_every_profile_of_every_codec(
    codec: VideoCodec, profile: str, pixel_format: str, media: Path, tmp_path: Path
) -> None:
    container = HOMES.get(codec, "mkv")
    video = settings(codec, profile=profile, pixelFormat=pixel_format)
    raw = project(
        {"clips": [clip("own.mkv", 0, 0.08)]}, size=SIZE, export={"container": container, "audio": None, "video": video}
    )
    target = written(raw, media, tmp_path / f"out.{container}")
    assert [number for _, number in numbers(target, container)] == [0, 1]


FORBIDDEN = [
    (container, codec)
    for container, facts in CONTAINERS.items()
    for codec in VIDEO_CODECS
    if facts.video and codec not in facts.video
]


@pytest.mark.parametrize(("container", "codec"), FORBIDDEN)
def test_a_forbidden_pair_names_the_nearest(container: Container, codec: VideoCodec) -> None:
    audio: dict[str, Any] | None = {} if CONTAINERS[container].audio else None
    raw = project({"clips": [clip("#FFFFFF")]}, size=SIZE, export={"container": container, "audio": audio})
    raw["export"]["video"] = settings(codec)
    found = [each for each in check(raw).problems if each.context["rule"] == "containerPicture"]
    assert [(each.severity, each.code, each.pointer) for each in found] == [
        ("error", "invalidProject", "/export/video/codec")
    ]
    nearest = found[0].context["nearest"]
    assert nearest in CONTAINERS[container].video
    raw["export"]["video"] = settings(nearest)
    assert check(raw).problems == []


def test_a_container_that_holds_none_of_a_kind_takes_only_none() -> None:
    for container, facts in CONTAINERS.items():
        kinds: list[tuple[str, dict[str, Any], list[str]]] = [
            ("video", {} if facts.video else {codec: settings(codec) for codec in VIDEO_CODECS}, ["containerPicture"]),
            ("audio", {} if facts.audio else {codec: {"codec": codec} for codec in AUDIO_CODECS}, ["containerSound"]),
        ]
        for kind, forbidden, rules in kinds:
            for codec, members in forbidden.items():
                raw = project({"clips": [clip("#FFFFFF")]}, size=SIZE, export={"container": container, kind: members})
                other = "audio" if kind == "video" else "video"
                raw["export"][other] = settings(facts.video[0]) if other == "video" else {}
                found = check(raw).problems
                assert [each.context["rule"] for each in found] == rules, (container, codec)
                assert (found[0].severity, found[0].context["nearest"]) == ("error", None)
                raw["export"][kind] = found[0].context["nearest"]
                assert check(raw).problems == []


def test_a_forbidden_sound_names_the_nearest() -> None:
    for container, facts in CONTAINERS.items():
        for codec in AUDIO_CODECS:
            if not facts.audio or codec in facts.audio:
                continue
            export = {"container": container, "video": None, "audio": {"codec": codec}}
            raw = project({"clips": [clip("#FFFFFF")]}, export=export)
            (found,) = [each for each in check(raw).problems if each.context["rule"] == "containerSound"]
            raw["export"]["audio"] = {"codec": found.context["nearest"]}
            assert check(raw).problems == []
