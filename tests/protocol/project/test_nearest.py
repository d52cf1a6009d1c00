"""What validation suggests can be done: put in place, the problem is gone."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.project.check import check
from protocol.project.export import AudioCodec, Container, PixelFormat, VideoCodec
from tests.protocol.project.base import edited

EXPORTS = st.fixed_dictionaries(
    {"container": st.sampled_from(get_args(Container))},
    optional={
        "width": st.sampled_from([None, 16, 128, 1_920, 8_192, 16_384]),
        "range": st.sampled_from([None, [0, 99], [-1, 2], [0, 1]]),
        "subtitles": st.sampled_from(["burn", "embed", "sidecar"]),
        "video": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "codec": st.sampled_from([None, *get_args(VideoCodec)]),
                "pixelFormat": st.sampled_from(get_args(PixelFormat)),
                "rateControl": st.sampled_from(["quality", "bitrate", "size", "lossless"]),
                "bitrate": st.sampled_from([None, 10_000, 1_000_000]),
                "maxBitrate": st.sampled_from([None, 20_000]),
                "sizeLimit": st.sampled_from([None, 10_000]),
                "passes": st.sampled_from([1, 2]),
                "bFrames": st.sampled_from([None, 0, 3]),
                "quality": st.sampled_from([85, 10]),
                "preset": st.sampled_from(["medium", "slow"]),
            },
        ),
        "audio": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "codec": st.sampled_from([None, *get_args(AudioCodec)]),
                "channels": st.sampled_from([1, 2, 6, 8]),
                "sampleRate": st.sampled_from([8_000, 44_100, 48_000, 96_000, 192_000]),
                "bitrate": st.sampled_from([8_000, 192_000, 1_000_000]),
            },
        ),
    },
)


def holds(raw: dict[str, Any], rule: str, pointer: str) -> bool:
    return any((p.context["rule"], p.context.get("absent", p.pointer)) == (rule, pointer) for p in check(raw).problems)


@settings(max_examples=150, deadline=None)
@given(EXPORTS)
def test_the_nearest_that_can_be_is_one_that_can(export: dict[str, Any]) -> None:
    nearest_can(export)


@pytest.mark.soak
@settings(max_examples=10_000, deadline=None)
@given(EXPORTS)
def test_the_nearest_of_many_exports_is_one_that_can(export: dict[str, Any]) -> None:
    nearest_can(export)


def nearest_can(export: dict[str, Any]) -> None:
    raw = edited(("/export", export))
    checked = check(raw)
    assert checked.project is not None
    for problem in checked.problems:
        nearest = problem.context.get("nearest")
        pointer = problem.context.get("absent", problem.pointer)
        if nearest is not None:
            assert not holds(edited((pointer, nearest), base=raw), problem.context["rule"], pointer), problem


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/width", 1_281),
        ("/height", 15),
        ("/masterVolume", 9),
        ("/channels", 5),
        ("/tracks/0/clips/2/start", 3.5),
        ("/tracks/0/clips/2/start", -1),
        ("/tracks/0/clips/2/duration", 0.001),
        ("/tracks/0/clips/2/fadeIn", 9),
        ("/tracks/0/clips/0/fit", "covr"),
        ("/tracks/0/transitions/0/duration", 0.01),
        ("/tracks/1/transitions/0/type", "fade"),
        ("/tracks/1/clips/1/source/audioStream", None),
        ("/tracks/2/cues/0/words/1/end", 9),
        ("/markers/0/time", -1),
    ],
)
@pytest.mark.parametrize("rate", ["25", "30000/1001", "60"])
def test_so_it_is_in_the_rest_of_a_project(pointer: str, value: Any, rate: str) -> None:
    raw = edited(("/frameRate", rate), (pointer, value))
    found = next(p for p in check(raw).problems if p.pointer == pointer)
    nearest = found.context["nearest"]
    assert not holds(edited((pointer, nearest), base=raw), found.context["rule"], pointer)
