from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sidecar.core.copying import RULES, Piece
from sidecar.core.source import SourceColor, SourceVideo, pack_stamps
from sidecar.core.timeline import Timeline
from tests.core.copy_cases import TICK, looked
from tests.core.test_timeline import FACTS, VIDEO, clip, timeline, track


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
