from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from protocol.project import Export
from sidecar.core.copying import Fit, copy_spans, hopeless, untouched
from sidecar.core.packets import DAMAGED, HIDDEN, KEY, CopySpan
from sidecar.core.timeline import output_span
from tests.core.copy_cases import EVEN, TICK, copies, looked, table
from tests.core.test_timeline import FACTS, VIDEO, clip, timeline, track


def test_the_span_goes_from_a_keyframe_as_far_as_packets_hold_all_frames() -> None:
    (span,), rules = copies(timeline(track(clip(1, 4, sourceStart="43/25"))))
    assert (span.first, span.end, span.source_first, span.packets) == (25 + 7, 25 + 100, 50, (50, 143))
    assert (span.start, span.frames, span.duration, span.bytes) == (50 * TICK, 93, Fraction(93, 25), 9300)
    assert (span.path, span.fingerprint, span.stream, span.sets) == ("/a.mp4", "print", 0, "digest")
    assert not rules


def test_one_keyframe_is_enough() -> None:
    (span,), _ = copies(timeline(track(clip(0, 4, sourceStart=6))), table(range(250), [0, 170]))
    assert (span.source_first, span.frames) == (170, 80)
    (span,), _ = copies(timeline(track(clip(0, 2, sourceStart=6))), table(range(250), [0, 170]))
    assert (span.source_first, span.frames) == (170, 30)


def test_frames_that_come_late_belong_to_their_keyframe() -> None:
    frames = [n for start in range(0, 250, 25) for n in _reordered(start, 25)]
    packets = table(frames, range(0, 250, 25))
    (span,), _ = copies(timeline(track(clip(0, 4, sourceStart=1))), packets)
    assert (span.packets, span.delay) == ((25, 125), 1)
    # The frame before the cut comes after the one behind it: both are left out.
    (span,), _ = copies(timeline(track(clip(0, "38/25", sourceStart=1))), packets)
    assert (span.source_first, span.frames, span.packets) == (25, 38, (25, 63))
    (span,), _ = copies(timeline(track(clip(0, "37/25", sourceStart=1))), packets)
    assert (span.source_first, span.frames, span.packets) == (25, 36, (25, 61))
    # Leading pictures (an open group): 47 and 48 come after keyframe 49, whose group then begins at no keyframe.
    opened = [*range(47), 49, 47, 48, *range(50, 250)]
    (span,), _ = copies(timeline(track(clip(0, 6, sourceStart=1))), table(opened, [0, 49, 100, 175]))
    assert (span.source_first, span.source_first + span.frames) == (100, 175)


def _reordered(start: int, count: int) -> list[int]:
    """One keyframe, then pairs: the later frame first."""
    order = [start]
    for at in range(start + 1, start + count, 2):
        order += [at + 1, at] if at + 1 < start + count else [at]
    return order


STREAMS: list[tuple[str, dict[str, Any]]] = [
    ("form", {"form": "bytes"}),
    ("profile", {"profile": "High 4:4:4 Predictive"}),
    ("profile", {"profile": "High 10"}),
    ("tags", {"tags": (2, 1, 1, 1)}),
    ("tags", {"tags": (1, 6, 1, 1)}),
    ("tags", {"tags": (1, 1, 9, 1)}),
    ("tags", {"tags": (1, 1, 1, 16)}),
    ("tags", {"interlaced": True}),
    ("tags", {"upright": False}),
    ("tags", {"pixel_aspect": Fraction(4, 3)}),
    ("tags", {"width": 95}),
    ("tags", {"pixel_format": "yuvj420p"}),
    ("setsChange", {"sets_change": True}),
    ("setsId", {"set_ids": (30,)}),
]


@pytest.mark.parametrize(("rule", "members"), STREAMS)
def test_streams_that_do_not_fit(rule: str, members: dict[str, Any]) -> None:
    assert copies(timeline(track(clip(0, 4))), replace(EVEN, **members)) == ([], [rule])


def test_what_a_stream_leaves_open_the_container_says() -> None:
    assert copies(timeline(track(clip(0, 4))), replace(EVEN, tags=(0, 2, 2, 2), pixel_aspect=Fraction(0)))[0]


def test_packets_that_are_not_those_of_the_index() -> None:
    found = timeline(track(clip(0, 4)))
    assert copies(found, table(range(249), range(0, 249, 25))) == ([], ["index"])
    assert copies(found, table(range(1, 251), range(1, 251, 25))) == ([], ["index"])
    assert copies(found, table([*range(249), 248], range(0, 250, 25))) == ([], ["index"])
    hidden = table([*range(40), 300, *range(40, 250)], range(0, 250, 25), kinds={40: HIDDEN})
    assert copies(found, hidden) == ([], ["index"])
    assert copies(found, table(range(250), range(0, 250, 25), kinds={200: DAMAGED})) == ([], ["damaged"])
    assert (
        copy_spans(looked(found).pieces, lambda _: None, Fit(found.project.export, 100, Fraction(25)))[1][0].rule
        == "index"
    )


def test_no_keyframe_to_begin_with() -> None:
    assert copies(timeline(track(clip(0, 4, sourceStart="1/25"))), table(range(250), [0, 125])) == ([], ["keyframes"])
    # A keyframe of the container that decoding cannot begin with is none.
    looks = table(range(250), [0], kinds={50: KEY, 75: KEY})
    assert copies(timeline(track(clip(0, 4, sourceStart=1))), looks) == ([], ["keyframes"])


def test_what_is_short_is_not_worth_a_join() -> None:
    def at(frames: int) -> tuple[list[CopySpan], list[str]]:
        return copies(timeline(track(clip(0, f"{frames}/25", sourceStart="1/25"))), table(range(250), [0, 10, 125]))

    assert at(21) == ([], ["short"])
    (span,), _ = at(22)
    assert span.frames == 13
    # Unless it is all there is.
    assert copies(timeline(track(clip(0, "12/25"))), table(range(250), [0, 125]))[0]


def test_the_bitrate_of_a_span_is_held_against_a_table() -> None:
    # 96 × 48 pixels at 0.2 bits are 115.2 bytes a frame at quality 85, and 57.6 at 70.
    def at(quality: int, size: int) -> bool:
        found = timeline(track(clip(0, 4)), export={"video": {"quality": quality}})
        spans, rules = copies(found, table(range(250), range(0, 250, 25), size=size))
        assert spans or rules == ["bitrate"]
        return bool(spans)

    assert at(85, 172)
    assert not at(85, 173)
    assert at(70, 86)
    assert not at(70, 87)


def test_a_file_that_is_far_too_large_is_not_even_read() -> None:
    # Ten seconds may be copied up to 43,200 bytes.
    def large(size: int) -> bool:
        found = timeline(track(clip(0, 4)), facts=replace(FACTS, bytes=size))
        return hopeless(looked(found).pieces[0], Fit(found.project.export, 100, Fraction(25)))

    assert not large(86_400)
    assert large(86_401)


def test_b_frames_are_those_that_the_export_allows() -> None:
    frames = [n for start in range(0, 250, 25) for n in (start, *(start + k for k in _pyramid(24)))]
    packets = table(frames, range(0, 250, 25))
    assert copies(timeline(track(clip(0, 4)), export={"video": {"bFrames": 3}}), packets)[0]
    assert copies(timeline(track(clip(0, 4)), export={"video": {"bFrames": 2}}), packets) == ([], ["bFrames"])
    assert copies(timeline(track(clip(0, 4)), export={"video": {"bFrames": 0}}))[0]


def _pyramid(count: int) -> list[int]:
    return [at + step for at in range(0, count, 4) for step in (4, 2, 1, 3)]


def test_a_profile_that_was_asked_for_is_the_most() -> None:
    main = timeline(track(clip(0, 4)), export={"video": {"profile": "main"}})
    assert copies(main) == ([], ["profile"])
    assert copies(main, replace(EVEN, profile="Constrained Baseline"))[0]
    other = timeline(track(clip(0, 4)), export={"video": {"profile": "high10"}})
    assert copies(other) == ([], ["profile"])


def test_hevc_stands_alone_with_one_header() -> None:
    video = replace(VIDEO, codec="hevc")
    facts = replace(FACTS, video=(video,))
    packets = replace(EVEN, codec="hevc", profile="Main")
    export = {"video": {"codec": "hevc"}}
    whole = timeline(track(clip(0, 4)), facts=facts, export=export)
    assert copies(whole, packets)[0]
    part = timeline(track(clip(0, 4, sourceStart=0.2)), facts=facts, export=export)
    assert copies(part, packets) == ([], ["mixed"])


def test_intra_codecs_are_copied_frame_by_frame_in_the_same_profile() -> None:
    video = replace(VIDEO, codec="prores", pixel_format="yuv422p10le")
    facts = replace(FACTS, video=(video,))
    packets = table(range(250), range(250), size=10**6)
    packets = replace(packets, codec="prores", profile="HQ", pixel_format="yuv422p10le", form="frames", set_ids=())
    export = {"container": "mov", "video": {"codec": "prores", "pixelFormat": "yuv422p10le"}}
    found = timeline(track(clip(0, 4, sourceStart="7/25")), facts=facts, export=export)
    (span,), _ = copies(found, packets, intra_profile="hq")
    assert (span.first, span.end, span.source_first) == (0, 100, 7)
    assert copies(found, packets, intra_profile="standard") == ([], ["profile"])


def test_rules_of_an_export_hold_for_its_struct_as_written() -> None:
    export = msgspec.convert({"container": "mkv"}, Export)
    found = timeline(track(clip(0, 4)))
    assert untouched(found, export, output_span(found, export)).pieces
