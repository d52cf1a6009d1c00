"""Combinations of export settings that cannot be, and the nearest that can."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.project import Export
from protocol.project.check import check
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, VIDEO_CODECS, audio_codec, video_codec
from tests.protocol.project.base import GONE, edited, faults

V = "/export/video"
A = "/export/audio"


def export(**members: Any) -> list[tuple[str, str, Any]]:
    """Return (rule, pointer, nearest) of every problem of a project with these export settings."""
    problems = check(edited(("/export", members))).problems
    return [(p.context["rule"], p.context.get("absent", p.pointer), p.context.get("nearest")) for p in problems]


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_has_settings_without_a_problem(container: str) -> None:
    facts = CONTAINERS[container]  # type: ignore[index]
    picture = {"pixelFormat": VIDEO_CODECS[facts.video[0]].pixel_formats[0]} if facts.video else None
    sound: dict[str, Any] | None = {} if facts.audio else None
    assert export(container=container, video=picture, audio=sound) == []


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_pair_is_judged_by_the_table(container: str) -> None:
    facts = CONTAINERS[container]  # type: ignore[index]
    for codec, known in VIDEO_CODECS.items():
        if facts.video:
            found = export(
                container=container, video={"codec": codec, "pixelFormat": known.pixel_formats[0]}, audio=None
            )
            assert found == ([] if codec in facts.video else [("containerPicture", f"{V}/codec", facts.video[0])])
    for sound, bounds in AUDIO_CODECS.items():
        if facts.audio:
            found = export(container=container, video=None, audio={"codec": sound, "channels": min(2, bounds.channels)})
            assert found == ([] if sound in facts.audio else [("containerSound", f"{A}/codec", facts.audio[0])])


@pytest.mark.parametrize(
    ("members", "found"),
    [
        # the examples of docs/project.md §3
        ({"container": "webm", "video": {"codec": "h264"}, "audio": {}}, [("containerPicture", f"{V}/codec", "vp9")]),
        ({"video": {"pixelFormat": "yuva420p"}}, [("alpha", f"{V}/pixelFormat", "yuv420p")]),
        (
            {"container": "gif", "video": {"pixelFormat": "yuv420p10le"}, "audio": None},
            [("pixelFormat", f"{V}/pixelFormat", "yuv420p")],
        ),
        ({"container": "mp3", "video": None, "audio": {"channels": 6}}, [("audioChannels", f"{A}/channels", 2)]),
        # pixel formats
        ({"video": {"codec": "av1", "pixelFormat": "yuv444p"}}, [("pixelFormat", f"{V}/pixelFormat", "yuv420p")]),
        (
            {"video": {"codec": "av1", "pixelFormat": "yuv422p10le"}},
            [("pixelFormat", f"{V}/pixelFormat", "yuv420p10le")],
        ),
        ({"container": "mov", "video": {"codec": "prores"}}, [("pixelFormat", f"{V}/pixelFormat", "yuv422p10le")]),
        ({"video": {"pixelFormat": "gbrp"}}, [("pixelFormat", f"{V}/pixelFormat", "yuv444p")]),
        (
            {"container": "mov", "video": {"codec": "prores", "pixelFormat": "yuva420p"}},
            [("pixelFormat", f"{V}/pixelFormat", "yuva444p10le")],
        ),
        ({"video": {"codec": "vp9", "pixelFormat": "yuva444p10le"}}, [("alpha", f"{V}/pixelFormat", "yuv444p10le")]),
        ({"container": "webm", "video": {"pixelFormat": "yuva420p"}}, []),
        # rate control
        ({"video": {"rateControl": "bitrate"}}, [("rateMember", f"{V}/bitrate", None)]),
        ({"video": {"rateControl": "bitrate", "bitrate": 1_000_000, "passes": 2}}, []),
        ({"video": {"bitrate": 1_000_000}}, [("rateMember", f"{V}/bitrate", None)]),
        ({"video": {"rateControl": "size"}}, [("rateMember", f"{V}/sizeLimit", None)]),
        ({"video": {"rateControl": "size", "sizeLimit": 1_000_000}}, []),
        ({"video": {"sizeLimit": 1_000_000}}, [("rateMember", f"{V}/sizeLimit", None)]),
        ({"video": {"passes": 2}}, [("rateMember", f"{V}/passes", 1)]),
        ({"video": {"maxBitrate": 1_000_000}}, []),
        ({"video": {"rateControl": "lossless", "maxBitrate": 1_000_000}}, [("rateMember", f"{V}/maxBitrate", None)]),
        (
            {"video": {"rateControl": "bitrate", "bitrate": 2_000_000, "maxBitrate": 1_000_000}},
            [("rateMember", f"{V}/maxBitrate", 2_000_000)],
        ),
        ({"video": {"rateControl": "lossless", "quality": 10}}, [("noEffect", f"{V}/quality", None)]),
        ({"video": {"codec": "mpeg4", "rateControl": "lossless"}}, [("rateControl", f"{V}/rateControl", "quality")]),
        (
            {"container": "mov", "video": {"codec": "prores", "pixelFormat": "yuv422p10le", "maxBitrate": 1_000_000}},
            [("rateMember", f"{V}/maxBitrate", None)],
        ),
        # frames
        ({"video": {"bFrames": 2}}, []),
        ({"video": {"codec": "vp9", "bFrames": 2}}, [("bFrames", f"{V}/bFrames", 0)]),
        ({"video": {"codec": "vp9", "bFrames": 0}}, []),
        ({"video": {"codec": "ffv1", "keyframeInterval": 1}}, [("noEffect", f"{V}/keyframeInterval", None)]),
        ({"container": "avi", "video": {"bFrames": 2}}, [("bFrames", f"{V}/bFrames", 0)]),
        ({"container": "avi", "video": {"codec": "mpeg4", "bFrames": 2}}, [("bFrames", f"{V}/bFrames", 0)]),
        # profiles
        ({"video": {"profile": "high"}}, []),
        ({"video": {"profile": "huge"}}, [("profile", f"{V}/profile", "high")]),
        ({"video": {"profile": "baseline", "pixelFormat": "yuv444p"}}, [("profile", f"{V}/profile", "high444")]),
        ({"video": {"profile": "high", "pixelFormat": "yuv420p10le"}}, [("profile", f"{V}/profile", "high10")]),
        ({"video": {"profile": "high", "rateControl": "lossless"}}, [("profile", f"{V}/profile", "high444")]),
        ({"video": {"profile": "baseline", "bFrames": 2}}, [("bFrames", f"{V}/bFrames", 0)]),
        (
            {"video": {"codec": "hevc", "profile": "main", "pixelFormat": "yuv422p10le"}},
            [("profile", f"{V}/profile", "main422-10")],
        ),
        (
            {"container": "mov", "video": {"codec": "prores", "profile": "hq", "pixelFormat": "yuv444p10le"}},
            [("profile", f"{V}/profile", "4444")],
        ),
        (
            {"container": "mov", "video": {"codec": "dnxhr", "profile": "dnxhr_hqx", "pixelFormat": "yuv422p"}},
            [("profile", f"{V}/profile", "dnxhr_lb")],
        ),
        ({"video": {"codec": "vp9", "profile": "0", "pixelFormat": "yuv444p"}}, [("profile", f"{V}/profile", "1")]),
        ({"video": {"codec": "ffv1", "profile": "main"}}, [("noEffect", f"{V}/profile", None)]),
        # rates
        ({"container": "gif", "audio": None, "frameRate": "50"}, []),
        ({"container": "gif", "audio": None, "frameRate": "60"}, [("pictureRate", "/export/frameRate", "50")]),
        ({"container": "webp", "audio": None, "frameRate": "100"}, [("pictureRate", "/export/frameRate", "90")]),
        # what a codec has no use for
        ({"video": {"codec": "ffv1", "quality": 10}}, [("noEffect", f"{V}/quality", None)]),
        ({"video": {"codec": "mpeg4", "preset": "slow"}}, [("noEffect", f"{V}/preset", None)]),
        ({"video": {"codec": "mpeg4", "profile": "x"}}, [("noEffect", f"{V}/profile", None)]),
        ({"video": {"preset": "slow", "profile": "high", "quality": 10}}, []),
        ({"container": "wav", "video": None, "audio": {"bitrate": 96_000}}, [("noEffect", f"{A}/bitrate", None)]),
        (
            {"video": {"codec": "av1", "rateControl": "bitrate", "bitrate": 1_000_000, "maxBitrate": 2_000_000}},
            [("rateMember", f"{V}/maxBitrate", None)],
        ),
        ({"video": {"codec": "av1", "maxBitrate": 2_000_000}}, []),
        # sizes
        (
            {"container": "mkv", "width": 128, "height": 128, "video": {"codec": "dnxhr", "pixelFormat": "yuv422p"}},
            [("pictureSize", "/export/width", 256)],
        ),
        (
            {"height": 36, "video": {"codec": "av1", "rateControl": "bitrate", "bitrate": 100_000}},
            [("pictureSize", "/export/height", 64)],
        ),
        ({"height": 36, "video": {"codec": "av1"}}, []),
        ({"width": 8_192, "video": {"codec": "mpeg4"}}, [("pictureSize", "/export/width", 8_190)]),
        # sound
        ({"audio": {"codec": "opus", "sampleRate": 44_100}}, [("audioRate", f"{A}/sampleRate", 48_000)]),
        ({"audio": {"sampleRate": 192_000}}, [("audioRate", f"{A}/sampleRate", 96_000)]),
        ({"audio": {"codec": "opus", "bitrate": 600_000}}, [("audioBitrate", f"{A}/bitrate", 512_000)]),
        ({"audio": {"codec": "opus", "bitrate": 600_000, "channels": 6}}, []),
        ({"container": "flac", "video": None, "audio": {"sampleRate": 192_000, "channels": 8}}, []),
        # nothing
        ({"video": None, "audio": None}, [("nothingToWrite", "/export", None)]),
        # what a container cannot hold: as it stands by default a warning, changed an error
        ({"container": "gif"}, [("leftOut", A, None)]),
        ({"container": "gif", "audio": {"channels": 1}}, [("containerSound", A, None)]),
        ({"container": "mp3"}, [("leftOut", V, None)]),
        ({"container": "wav", "video": {"codec": "h264"}}, [("containerPicture", V, None)]),
        ({"container": "mp3", "audio": None}, [("leftOut", V, None), ("nothingToWrite", A, None)]),
        ({"container": "png", "video": None}, [("leftOut", A, None), ("nothingToWrite", V, None)]),
        # the rest
        ({"subtitles": "embed"}, [("subtitleStyle", "/export/subtitles", None)]),
        ({"container": "avi", "subtitles": "embed"}, [("containerSubtitles", "/export/subtitles", "burn")]),
        (
            {"container": "wav", "video": None, "subtitles": "embed"},
            [("containerSubtitles", "/export/subtitles", "sidecar")],
        ),
        ({"sidecarFormat": "vtt"}, [("noEffect", "/export/sidecarFormat", None)]),
        ({"sidecarFormat": "vtt", "subtitles": "sidecar"}, [("subtitleStyle", "/export/subtitles", None)]),
        ({"faststart": False}, []),
        ({"container": "mkv", "faststart": False}, [("noEffect", "/export/faststart", None)]),
        ({"container": "avi", "chapters": False}, [("noEffect", "/export/chapters", None)]),
        ({"container": "gif", "audio": None, "metadata": {"title": "x"}}, [("noEffect", "/export/metadata", None)]),
        (
            {"container": "gif", "audio": None, "copySourceMetadata": True},
            [("noEffect", "/export/copySourceMetadata", None)],
        ),
        # ranges
        ({"range": [0, 7]}, []),
        ({"range": [0, 7.01]}, []),
        ({"range": [0, 7.04]}, [("exportRange", "/export/range/1", "7/1")]),
        ({"range": [1, 1.01]}, [("exportRange", "/export/range", None)]),
        ({"range": [2, "1/2"]}, [("exportRange", "/export/range", None)]),
        ({"range": [-1, 2]}, [("exportRange", "/export/range/0", 0)]),
    ],
)
def test_what_cannot_be_names_what_can(members: dict[str, Any], found: list[tuple[str, str, Any]]) -> None:
    assert export(**members) == found


def test_a_member_that_is_not_written_is_named_beside_its_owner() -> None:
    (found,) = check(edited(("/export", {"container": "mov", "video": {"codec": "prores"}}))).problems
    assert (found.pointer, found.context["absent"]) == ("/export/video", "/export/video/pixelFormat")


def test_several_at_once() -> None:
    members = {
        "container": "webm",
        "video": {"codec": "prores", "rateControl": "size", "passes": 2, "bFrames": 1},
        "audio": {"codec": "mp3", "channels": 8, "sampleRate": 96_000},
        "range": [3, 1],
        "faststart": False,
    }
    assert {(rule, pointer) for rule, pointer, _ in export(**members)} == {
        ("containerPicture", f"{V}/codec"),
        ("pixelFormat", f"{V}/pixelFormat"),
        ("rateControl", f"{V}/rateControl"),
        ("rateMember", f"{V}/sizeLimit"),
        ("rateMember", f"{V}/passes"),
        ("bFrames", f"{V}/bFrames"),
        ("containerSound", f"{A}/codec"),
        ("audioChannels", f"{A}/channels"),
        ("audioRate", f"{A}/sampleRate"),
        ("exportRange", "/export/range"),
        ("noEffect", "/export/faststart"),
    }


def test_a_background_that_lets_nothing_through_is_a_warning() -> None:
    assert faults(("/background", "#00000080")) == {("backgroundOpaque", "/background")}
    assert faults(("/background", "#000000fF")) == set()
    clear = {"container": "webm", "video": {"pixelFormat": "yuva420p"}}
    assert faults(("/background", "#00000000"), ("/export", clear)) == set()
    sound = {"container": "wav", "video": None}
    assert faults(("/background", "#00000000"), ("/export", sound)) == set()


def test_broken_sizes_and_tracks_leave_the_rest_to_judge() -> None:
    dnxhr = {"container": "mov", "width": 64, "video": {"codec": "dnxhr"}, "range": [0, 99]}
    found = faults(("/width", "x"), ("/export", dnxhr), ("/background", 5))
    assert found == {("type", "/width"), ("type", "/background"), ("pixelFormat", f"{V}/pixelFormat")}


def test_a_range_of_a_project_without_clips_is_not_measured() -> None:
    assert faults(("/tracks", []), ("/groups", []), ("/export/range", [0, 99])) == set()


def test_a_broken_export_is_set_aside() -> None:
    assert faults(("/export", {"container": "mp5", "video": None, "audio": None})) == {
        ("unknownWord", "/export/container")
    }


def test_a_left_out_export_is_the_default_one() -> None:
    assert faults(("/export", GONE), ("/background", "#00000000")) == {("backgroundOpaque", "/background")}


def test_codecs_by_container() -> None:
    names = {name: (video_codec(Export(container=name)), audio_codec(Export(container=name))) for name in CONTAINERS}
    assert names == {
        "mp4": ("h264", "aac"),
        "mov": ("h264", "aac"),
        "mkv": ("h264", "aac"),
        "webm": ("vp9", "opus"),
        "avi": ("h264", "mp3"),
        "gif": ("gif", None),
        "webp": ("webp", None),
        "png": ("png", None),
        "m4a": (None, "aac"),
        "mp3": (None, "mp3"),
        "wav": (None, "pcm_s16le"),
        "flac": (None, "flac"),
        "ogg": (None, "opus"),
    }
    assert video_codec(Export(video=None)) is None
    assert audio_codec(Export(audio=None)) is None
