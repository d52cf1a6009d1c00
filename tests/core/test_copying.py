from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from protocol.project import Export
from sidecar.core.copying import RULES, Fit, Piece, Untouched, copy_spans, hopeless, untouched
from sidecar.core.packets import DAMAGED, HIDDEN, IDR, KEY, CopySpan, PacketTable, packed_table
from sidecar.core.source import SourceColor, SourceVideo, pack_stamps
from sidecar.core.timeline import Timeline, output_span
from tests.core.test_timeline import FACTS, VIDEO, clip, timeline, track

TICK = 512
"""Ticks of a frame at 25 a second."""

TABLE = PacketTable(
    codec="h264",
    profile="High",
    level=10,
    pixel_format="yuv420p",
    width=96,
    height=48,
    pixel_aspect=Fraction(1),
    tags=(1, 1, 1, 1),
    interlaced=False,
    upright=True,
    form="lengths",
    sets="digest",
    set_ids=(0,),
    sets_change=False,
    time_base=Fraction(1, 12800),
    pts=b"",
    sizes=b"",
    kinds=b"",
)


def table(
    frames: Sequence[int],
    starts: Sequence[int],
    *,
    size: int = 100,
    kinds: dict[int, int] | None = None,
    **members: Any,
) -> PacketTable:
    """Packets in decoding order that hold these frames; those of `starts` are keyframes that decoding can begin with."""
    pts, sizes = packed_table([frame * TICK for frame in frames], [size] * len(frames))
    own = [KEY | IDR if frame in starts else 0 for frame in frames]
    for place, kind in (kinds or {}).items():
        own[place] = kind
    return replace(TABLE, **{"pts": pts, "sizes": sizes, "kinds": bytes(own)} | members)


EVEN = table(range(250), range(0, 250, 25))


def looked(found: Timeline, window: tuple[int, int] | None = None) -> Untouched:
    return untouched(found, found.project.export, output_span(found, found.project.export, window))


def copies(found: Timeline, packets: PacketTable = EVEN, **members: Any) -> tuple[list[CopySpan], list[str]]:
    """What is copied, and the rules by which the rest is not."""
    export = found.project.export
    span = output_span(found, export)
    fit = replace(Fit(export, span.frames, span.rate), **members)
    spans, refusals = copy_spans(looked(found).pieces, lambda _: packets, fit)
    return list(spans), [refusal.rule for refusal in refusals]


def spans(pieces: Sequence[Piece]) -> list[tuple[int, int, int]]:
    return [(piece.first, piece.end, piece.source_first) for piece in pieces]


def only_rule(found: Timeline) -> str:
    """The one reason why nothing is copied."""
    seen = looked(found)
    assert not seen.pieces
    assert len(seen.refusals) == 1, seen.refusals
    assert seen.refusals[0].rule in RULES
    assert seen.refusals[0].reason == RULES[seen.refusals[0].rule]
    return seen.refusals[0].rule


def test_a_plain_clip_is_one_piece() -> None:
    found = looked(timeline(track(clip(1, 2, sourceStart=3))))
    assert spans(found.pieces) == [(25, 75, 75)]
    assert not found.refusals
    assert found.pieces[0].pointers == ("/tracks/0/clips/0",)


def test_a_range_of_the_output_counts_from_its_own_start() -> None:
    assert spans(looked(timeline(track(clip(1, 2, sourceStart=3))), (50, 60)).pieces) == [(0, 10, 100)]


def test_a_cut_through_which_the_source_runs_on_parts_no_piece() -> None:
    on = track(clip(0, 1), clip(1, 1, sourceStart=1), clip(2, 1, sourceStart=5))
    found = looked(timeline(on)).pieces
    assert spans(found) == [(0, 50, 0), (50, 75, 125)]
    assert found[0].pointers == ("/tracks/0/clips/0", "/tracks/0/clips/1")


def test_cues_and_titles_part_a_clip() -> None:
    cues = {"kind": "subtitle", "cues": [{"start": 1, "end": 2, "text": "x"}]}
    title = track({"source": {"kind": "title", "text": "x"}, "start": 3, "duration": 1})
    found = looked(timeline(track(clip(0, 6)), title, cues))
    assert spans(found.pieces) == [(0, 25, 0), (50, 75, 50), (100, 150, 100)]
    assert [refusal.rule for refusal in found.refusals] == ["cues"]
    unburnt = looked(timeline(track(clip(0, 6)), title, cues, export={"subtitles": "none"}))
    assert spans(unburnt.pieces) == [(0, 75, 0), (100, 150, 100)]
    assert [refusal.rule for refusal in unburnt.refusals] == ["covered"]


def test_transitions_and_fades_part_a_clip() -> None:
    moved = {"id": "t", "type": "fade", "from": "a", "to": "b", "duration": 1}
    found = looked(
        timeline(track(clip(0, 3, id="a"), clip(3, 3, id="b", sourceStart=5, fadeOut=1), transitions=[moved]))
    )
    assert spans(found.pieces) == [(0, 63, 0), (88, 125, 138)]
    assert sorted(refusal.rule for refusal in found.refusals) == ["fade", "transition"]


def test_what_an_opaque_clip_hides_does_not_matter() -> None:
    below = track({"source": {"kind": "title", "text": "x"}, "start": 0, "duration": 4})
    grey = track({"source": {"kind": "adjustment"}, "start": 0, "duration": 4, "effects": [{"type": "blur"}]})
    assert spans(looked(timeline(below, grey, track(clip(0, 4)))).pieces) == [(0, 100, 0)]
    assert only_rule(timeline(track(clip(0, 4)), grey)) == "covered"


def test_a_track_with_effects_reaches_beyond_its_clips() -> None:
    above = track(
        {"source": {"kind": "color", "color": "#FF0000"}, "start": 4, "duration": 1}, effects=[{"type": "blur"}]
    )
    found = looked(timeline(track(clip(0, 9)), above))
    assert spans(found.pieces) == [(0, 100 - 32, 0), (125 + 32, 225, 157)]


def test_a_source_whose_end_is_held_is_copied_up_to_it() -> None:
    found = looked(timeline(track(clip(0, 2, sourceStart=9.02))))
    assert spans(found.pieces)[0] == (0, 25, 225)
    assert all(first >= 25 for first, _, _ in spans(found.pieces)[1:])


def test_a_gap_in_the_source_parts_a_piece() -> None:
    stamps = pack_stamps([n * TICK for n in range(251) if n != 30])
    facts = replace(FACTS, video=(replace(VIDEO, stamps=stamps),))
    # Frame 29 is shown twice, and the numbers count frames that are there.
    assert spans(looked(timeline(track(clip(0, 2)), facts=facts)).pieces) == [(0, 30, 0), (30, 50, 29)]


EXPORTS = {
    "off": {"video": {"copy": "off"}},
    "noPicture": {"video": None},
    "container": {"container": "avi", "video": {"codec": "h264"}},
    "codec": {"video": {"codec": "vp9"}},
    "pixelFormat": {"video": {"pixelFormat": "yuv444p"}},
    "rateControl": {"video": {"rateControl": "bitrate", "bitrate": 1_000_000}},
    "hardware": {"video": {"hardware": "auto"}},
    "frameRate": {"frameRate": "50"},
    "letterbox": {"width": 96, "height": 96},
}


@pytest.mark.parametrize("rule", EXPORTS)
def test_exports_that_copy_nothing(rule: str) -> None:
    assert only_rule(timeline(track(clip(0, 4)), export=EXPORTS[rule])) == rule


def test_other_rate_controls_copy_nothing() -> None:
    for video in ({"rateControl": "lossless"}, {"maxBitrate": 1_000_000}):
        assert only_rule(timeline(track(clip(0, 4)), export={"video": video})) == "rateControl"


def test_effects_of_the_project_forbid_all() -> None:
    assert only_rule(timeline(track(clip(0, 4)), effects=[{"type": "blur"}])) == "projectEffects"
    switched = [{"type": "blur", "enabled": False}, {"type": "blur", "mix": 0}]
    assert looked(timeline(track(clip(0, 4)), effects=switched)).pieces


TRACKS: list[tuple[str, dict[str, Any]]] = [
    ("trackEffects", {"effects": [{"type": "blur"}]}),
    ("trackOpacity", {"opacity": 0.5}),
    ("trackOpacity", {"blend": "screen"}),
]


@pytest.mark.parametrize(("rule", "members"), TRACKS)
def test_what_a_track_does_forbids(rule: str, members: dict[str, Any]) -> None:
    assert only_rule(timeline(track(clip(0, 4), **members))) == rule


CLIPS: list[tuple[str, dict[str, Any]]] = [
    ("effects", {"effects": [{"type": "blur"}]}),
    ("color", {"color": {"brightness": 0.1}}),
    ("crop", {"crop": {"left": 0.1}}),
    ("transform", {"transform": {"x": 0.4}}),
    ("opacity", {"opacity": 0.9}),
    ("opacity", {"opacity": {"keyframes": [{"time": 0, "value": 1}, {"time": 1, "value": 0}]}}),
    ("opacity", {"blend": "multiply"}),
    ("layout", {"layout": {"template": "grid-2x2", "cell": 0}}),
    ("speed", {"speed": 2.0}),
    ("speed", {"reverse": True}),
    ("speed", {"freeze": True}),
    ("speed", {"timeMap": [{"time": 0, "source": 0}, {"time": 4, "source": 4}]}),
    ("retime", {"retime": "blend"}),
    ("loop", {"source": {"kind": "file", "path": "a.mp4", "loop": True}}),
]


@pytest.mark.parametrize(("rule", "members"), CLIPS)
def test_what_is_done_to_a_clip_forbids(rule: str, members: dict[str, Any]) -> None:
    assert only_rule(timeline(track(clip(0, 4) | members))) == rule


def test_what_changes_only_the_sound_forbids_nothing() -> None:
    silent = clip(0, 4, volume=0.5, pan=1.0, muted=True, audioFadeIn=1, pitch="varispeed", name="x")
    assert looked(timeline(track(silent, volume=2.0, muted=True))).pieces


FILES: list[tuple[str, dict[str, Any]]] = [
    ("still", {"still": True}),
    ("sourceCodec", {"codec": "hevc"}),
    ("sourceFormat", {"pixel_format": "yuv422p"}),
    ("size", {"width": 98}),
    ("pixelAspect", {"pixel_aspect": Fraction(11, 12)}),
    ("rotation", {"rotation": 180}),
    ("rotation", {"mirrored": True}),
    ("alpha", {"alpha": True}),
    ("deinterlace", {"interlaced": "tff"}),
    ("sourceColor", {"color": SourceColor("full", "bt709", "bt709", "bt709")}),
    ("sourceColor", {"color": SourceColor("limited", "bt601", "bt709", "bt709")}),
    ("sourceColor", {"color": SourceColor("limited", "bt709", "bt601", "bt709")}),
    ("sourceColor", {"color": SourceColor("limited", "bt709", "bt709", "srgb")}),
    ("variable", {"rate": None}),
    ("sourceRate", {"rate": Fraction(30)}),
    ("seek", {"seekable": False}),
    ("damaged", {"damaged": ((0, 10),)}),
]


@pytest.mark.parametrize(("rule", "members"), FILES)
def test_files_that_do_not_fit(rule: str, members: dict[str, Any]) -> None:
    video: SourceVideo = replace(VIDEO, **members)
    assert only_rule(timeline(track(clip(0, 4)), facts=replace(FACTS, video=(video,)))) == rule


def test_only_files_with_lengths_before_their_units_are_copied_from() -> None:
    assert only_rule(timeline(track(clip(0, 4)), facts=replace(FACTS, demuxer="mpegts"))) == "sourceContainer"


def test_a_file_read_in_another_way_than_written() -> None:
    media = [{"id": "m", "path": "a.mp4", "interpret": {"frameRate": "25"}}]
    taken = clip(0, 4) | {"source": {"kind": "file", "media": "m"}}
    assert only_rule(timeline(track(taken), media=media)) == "interpret"
    media = [{"id": "m", "path": "a.mp4", "interpret": {"matrix": "bt601"}}]
    assert only_rule(timeline(track(taken), media=media)) == "sourceColor"
    media = [{"id": "m", "path": "a.mp4", "interpret": {"deinterlace": "tff"}}]
    assert only_rule(timeline(track(taken), media=media)) == "deinterlace"
    media = [{"id": "m", "path": "a.mp4", "interpret": {"deinterlace": "off"}}]
    fields = replace(FACTS, video=(replace(VIDEO, interlaced="bff"),))
    assert only_rule(timeline(track(taken), media=media, facts=fields)) == "deinterlace"


def test_a_picture_is_not_scaled_by_none_where_the_export_is_larger() -> None:
    video = replace(VIDEO, width=192, height=96)
    facts = replace(FACTS, video=(video,))
    larger = {"width": 192, "height": 96}
    assert looked(timeline(track(clip(0, 4)), facts=facts, export=larger)).pieces
    assert only_rule(timeline(track(clip(0, 4, fit="none")), facts=facts, export=larger)) == "size"


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
