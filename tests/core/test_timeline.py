from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from protocol.problem import Problem
from protocol.project import FileSource, Project, Transition
from sidecar.core.source import SourceAudio, SourceFacts
from sidecar.core.timeline import Timeline, output_span, range_problems, resolve, source_path, unsupported
from sidecar.core.timeline.spans import transition_span
from tests.harness.facts import video_facts

VIDEO = video_facts(size=(96, 48), seconds=10, max_gap=Fraction(10))
AUDIO = SourceAudio(0, 1, "aac", 48_000, 2, "stereo", Fraction(0), Fraction(10))
FACTS = SourceFacts("/a.mp4", "print", 1000, "mov,mp4", Fraction(0), Fraction(10), (VIDEO,), (AUDIO,))


def timeline(*tracks: dict[str, Any], facts: SourceFacts | None = FACTS, rate: str = "25", **members: Any) -> Timeline:
    raw = {"schema": "timeline/1", "frameRate": rate, "width": 96, "height": 48, "tracks": list(tracks), **members}
    return resolve(msgspec.convert(raw, Project), {} if facts is None else {"a.mp4": facts})


def track(*clips: dict[str, Any], kind: str = "video", **members: Any) -> dict[str, Any]:
    return {"kind": kind, "clips": list(clips), **members}


def clip(start: float | str = 0, duration: float | str = 1, **members: Any) -> dict[str, Any]:
    return {"source": {"kind": "file", "path": "a.mp4"}, "start": start, "duration": duration, **members}


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in problems]


def test_clips_touch_by_frames_whatever_their_decimals() -> None:
    found = timeline(track(clip(0, 1.019), clip(1.021, 1), clip("7/3", 0.5)), rate="30000/1001")
    items = found.video[0].items
    assert [(item.first, item.end) for item in items] == [(0, 31), (31, 61), (70, 85)]
    assert found.frames == 85


def test_instants_are_exact() -> None:
    item = timeline(track(clip(1, 1, sourceStart=0.1, speed=0.3))).video[0].items[0]
    assert item.instant(25, Fraction(25)) == Fraction(1, 10)
    assert item.instant(26, Fraction(25)) == Fraction(1, 10) + Fraction(3, 250)
    frozen = timeline(track(clip(1, 1, sourceStart=0.1, freeze=True))).video[0].items[0]
    assert frozen.instant(40, Fraction(25)) == Fraction(1, 10)


@pytest.mark.parametrize(
    ("align", "first", "head", "tail"), [("center", 20, 5, 6), ("start", 25, 0, 11), ("end", 14, 11, 0)]
)
def test_transitions_have_handles_and_take_the_place_of_fades(align: str, first: int, head: int, tail: int) -> None:
    move = {"id": "t", "type": "fade", "from": "a", "to": "b", "duration": 0.44, "align": align}
    lane = timeline(
        track(clip(0, 1, id="a", fadeOut=0.2, fadeIn=0.2), clip(1, 1, id="b", fadeIn=0.2), transitions=[move])
    ).video[0]
    crossing = lane.crossings[0]
    assert (crossing.first, crossing.end, crossing.cut, crossing.frames) == (first, first + 11, 25, 11)
    a, b = lane.items
    assert (crossing.outgoing, crossing.incoming) == (a, b)
    assert (a.head, a.tail, b.head, b.tail) == (0, tail, head, 0)
    assert (a.fade_in, a.fade_out, b.fade_in) == (5, 0, 0)


def test_free_ends() -> None:
    moves = [
        {"type": "fade", "to": "a", "duration": 0.2},
        {"type": "fade", "from": "a", "duration": 0.4, "align": "start"},
    ]
    lane = timeline(track(clip(1, 1, id="a"), transitions=moves)).video[0]
    assert [(c.first, c.end, c.outgoing is None, c.incoming is None) for c in lane.crossings] == [
        (25, 30, True, False),
        (40, 50, False, True),
    ]
    assert (lane.items[0].head, lane.items[0].tail) == (0, 0)


def test_a_transition_of_no_known_clip_is_no_transition() -> None:
    move = msgspec.convert({"type": "fade", "from": "x", "duration": 1}, Transition)
    assert transition_span(move, {}, Fraction(25)) is None
    assert timeline(track(clip(), transitions=[{"type": "fade", "from": "x", "duration": 1}])).video[0].crossings == ()


def test_disabled_things_and_solo() -> None:
    found = timeline(
        track(clip(0, 1), clip(1, 1, enabled=False)),
        track(clip(0, 9), enabled=False, solo=True),
        track(clip(0, 1), kind="audio", solo=True),
        track(clip(0, 1), kind="audio", solo=True, muted=True),
    )
    assert found.frames == 25
    assert [len(lane.items) for lane in found.lanes] == [1, 1, 1]
    assert [lane.audible for lane in found.lanes] == [False, True, False]


def test_cues_do_not_snap() -> None:
    cues = {
        "kind": "subtitle",
        "cues": [{"start": 0.01, "end": 0.08, "text": "a"}, {"start": 0, "end": 1, "text": "b", "enabled": False}],
    }
    lane = timeline(track(clip()), cues).cues[0]
    assert [(cue.first, cue.end_frame) for cue in lane.cues] == [(1, 2)]


def test_output_spans() -> None:
    found = timeline(track(clip(0, 2)), export={"range": [0.5, 9], "frameRate": "30", "width": 200})
    span = output_span(found, found.project.export)
    assert (span.first, span.end, span.frames, span.width, span.height) == (13, 50, 44, 200, 48)
    window = output_span(found, msgspec.structs.replace(found.project.export, frame_rate=None), (3, 7))
    assert (window.first, window.end, window.frames) == (3, 7, 4)
    assert output_span(found, found.project.export, (60, 70)).frames == 0


def test_files_through_media_are_interpreted() -> None:
    entry = {
        "id": "m",
        "path": "a.mp4",
        "interpret": {
            "rotation": 90,
            "pixelAspect": "4/3",
            "deinterlace": "bff",
            "range": "full",
            "matrix": "bt601",
            "alpha": "ignore",
        },
    }
    source: dict[str, Any] = {"source": {"kind": "file", "media": "m", "audioStream": None}}
    turned = replace(FACTS, video=(replace(VIDEO, alpha=True, mirrored=True),))
    item = timeline(track(clip(**source)), media=[entry], facts=turned).video[0].items[0]
    assert item.file is not None
    video = item.file.video
    assert video is not None
    assert (video.rotation, video.mirrored, video.pixel_aspect, video.interlaced) == (90, False, Fraction(4, 3), "bff")
    assert (video.color.range, video.color.matrix) == ("full", "bt601")
    assert (item.file.deinterlace, item.file.alpha, item.file.straight, item.file.audio) == (True, False, True, None)
    nothing = timeline(track(clip(**source)), media=[entry], facts=None).video[0].items[0]
    assert nothing.file is None


def test_source_path_of_an_entry_that_is_not_there() -> None:
    source = msgspec.convert({"kind": "file", "media": "x"}, FileSource)
    assert source_path(source, {}) is None
    assert timeline(track(clip(source={"kind": "file", "media": "x"}))).video[0].items[0].file is None


def test_ranges_are_checked_against_the_source() -> None:
    assert range_problems(timeline(track(clip(0, 10.04)))) == []
    assert codes(range_problems(timeline(track(clip(0, 10.2))))) == [("invalidProject", "/tracks/0/clips/0/duration")]
    assert codes(range_problems(timeline(track(clip(0, 4, speed=3))))) == [
        ("invalidProject", "/tracks/0/clips/0/duration")
    ]
    assert range_problems(timeline(track(clip(0, 50, freeze=True)))) == []
    assert range_problems(timeline(track(clip(0, 50, source={"kind": "color"})))) == []
    unknown = replace(FACTS, duration=None)
    assert range_problems(timeline(track(clip(0, 50)), facts=unknown)) == []
    still = replace(FACTS, video=(replace(VIDEO, still=True),))
    assert range_problems(timeline(track(clip(0, 50)), facts=still)) == []
    timeless = replace(FACTS, video=(replace(VIDEO, rate=None),))
    assert range_problems(timeline(track(clip(0, 10.04)), facts=timeless)) == []


def test_short_handles_are_warned_of() -> None:
    move = {"type": "fade", "from": "a", "to": "b", "duration": 1}
    found = timeline(
        track(clip(0, 2, id="a", sourceStart=7.9), clip(2, 2, id="b", sourceStart=0.2), transitions=[move])
    )
    problems = range_problems(found)
    assert [(p.code, p.severity, p.ids, p.context) for p in problems] == [
        ("shortHandle", "warning", ["a"], {"before": 0, "after": 10, "frames": [[53, 63]]}),
        ("shortHandle", "warning", ["b"], {"before": 7, "after": 0, "frames": [[38, 45]]}),
    ]


@pytest.mark.parametrize("audio", ["constantPower", "cut"])
def test_fades_of_sound_under_a_cross_fade_are_warned_of(audio: str) -> None:
    move = {"id": "t", "type": "fade", "from": "a", "to": "b", "duration": 0.4, "audio": audio}
    fades = {"audioFadeIn": 0.2, "audioFadeOut": 0.2}
    found = timeline(track(clip(0, 2, id="a", **fades), clip(2, 2, id="b", sourceStart=1, **fades), transitions=[move]))
    wanted = ["/tracks/0/clips/1/audioFadeIn", "/tracks/0/clips/0/audioFadeOut"] if audio != "cut" else []
    assert codes(range_problems(found)) == [("fadeUnderTransition", pointer) for pointer in wanted]


def test_streams_that_are_not_there() -> None:
    silent = replace(FACTS, audio=())
    assert range_problems(timeline(track(clip()), facts=silent)) == []
    assert codes(range_problems(timeline(track(clip(), kind="audio"), facts=silent))) == [
        ("invalidProject", "/tracks/0/clips/0/source")
    ]
    blind = replace(FACTS, video=())
    assert [p.context["medium"] for p in range_problems(timeline(track(clip()), facts=blind))] == ["video"]
    second = clip(source={"kind": "file", "path": "a.mp4", "audioStream": 1})
    assert [p.context["stream"] for p in range_problems(timeline(track(second)))] == [1]


def project(*tracks: dict[str, Any], **members: Any) -> Project:
    raw = {"schema": "timeline/1", "frameRate": "25", "width": 96, "height": 48, "tracks": list(tracks), **members}
    return msgspec.convert(raw, Project)


CASES: list[tuple[dict[str, Any], str]] = [
    ({"tracks": [], "export": {"audio": {"loudness": {"range": 7}}}}, "/export/audio/loudness/range"),
]


@pytest.mark.parametrize(("members", "pointer"), CASES)
def test_what_is_not_built_is_said(members: dict[str, Any], pointer: str) -> None:
    problems = unsupported(project(*members.pop("tracks"), **members))
    assert codes(problems) == [("notSupported", pointer)]
    assert problems[0].severity == "error"


def test_what_is_built_is_not_complained_of() -> None:
    found = project(
        track(
            clip(id="a"),
            clip(1, 1, id="b", source={"kind": "color"}),
            transitions=[{"type": "fade", "from": "a", "to": "b", "duration": 1}],
        ),
        track(clip(source={"kind": "title", "text": "x"})),
        track(clip(source={"kind": "tone"}), kind="audio"),
        {"kind": "subtitle", "cues": [{"start": 0, "end": 1, "text": "x"}]},
        export={"container": "m4a", "video": None},
    )
    assert unsupported(found) == []
    assert unsupported(project(export={"audio": None, "video": {"profile": "high"}})) == []
