from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.timeline import Timeline
from sidecar.core.timeline.joining import joined
from sidecar.ffmpeg.builder.render import build_render
from tests.harness.commands import output_of
from tests.harness.media import make_clip
from tests.harness.rendering import RESOURCES, clip, project, timeline_of

EXPORT = {"container": "mkv", "audio": {"codec": "pcm_f32le"}, "video": {"codec": "ffv1"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("joining")
    make_clip(made / "a.mp4", seconds=Fraction(4), size=(96, 54), picture="testsrc2", audio="stereo")
    return made


def written(timeline: Timeline, folder: Path, name: str) -> bytes:
    target = folder / name
    output_of(build_render(timeline, timeline.project.export, target=str(target), resources=RESOURCES), folder)
    return target.read_bytes()


def cut(**members: Any) -> list[dict[str, Any]]:
    """A clip of two seconds, cut in three."""
    places = [("0", "4/5"), ("4/5", "2/5"), ("6/5", "4/5")]
    return [
        clip("a.mp4", start, length, sourceStart=str(Fraction(start) + 1), id=f"c{number}", **members)
        for number, (start, length) in enumerate(places)
    ]


def counts(timeline: Timeline) -> list[int]:
    return [len(lane.items) for lane in joined(timeline).video]


def test_a_clip_that_was_cut_is_one_of_the_same_frames_and_samples(folder: Path) -> None:
    pieces = cut()
    pieces[0]["fadeIn"], pieces[2]["fadeOut"], pieces[1]["notes"] = 0.2, 0.32, "here"
    after = clip("a.mp4", 2, 1, id="d")
    crossing = {"type": "fade", "from": "c2", "to": "d", "duration": 0.4}
    timeline = timeline_of(
        project({"clips": [*pieces[:2], {**pieces[2], "fadeOut": 0}, after], "transitions": [crossing]}, export=EXPORT),
        folder,
    )
    one = joined(timeline)
    assert counts(timeline) == [2]
    assert one.video[0].crossings[0].outgoing is one.video[0].items[0]
    assert one.video[0].crossings[0].incoming is one.video[0].items[1]
    assert written(one, folder, "one.mkv") == written(timeline, folder, "cut.mkv")
    faded = timeline_of(project({"clips": pieces}, export=EXPORT), folder)
    assert counts(faded) == [1]
    assert written(joined(faded), folder, "one.mkv") == written(faded, folder, "cut.mkv")


def test_a_timeline_without_cuts_stays_as_it_is(folder: Path) -> None:
    timeline = timeline_of(project({"clips": [clip("a.mp4", 0, 1), clip("#ff0000", 1, 1)]}), folder)
    assert joined(timeline) == timeline


@pytest.mark.parametrize(
    "change",
    [
        {"sourceStart": 1.84},
        {"start": 0.84, "duration": 0.36},
        {"fadeIn": 0.1},
        {"audioFadeIn": 0.1},
        {"volume": 0.5},
        {"opacity": 0.5},
        {"speed": 2},
        {"effects": [{"type": "hue", "parameters": {"angle": 20}}]},
        {"color": {"brightness": 0.1}},
        {"reverse": True},
        {"enabled": False},
    ],
    ids=str,
)
def test_what_is_another_clip_stays_one(folder: Path, change: dict[str, Any]) -> None:
    first, second, third = cut()
    timeline = timeline_of(project({"clips": [first, {**second, **change}, third]}), folder)
    assert joined(timeline).video[0].items[0] == timeline.video[0].items[0]


@pytest.mark.parametrize(
    "members",
    [
        {"opacity": {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 1}]}},
        {"effects": [{"type": "grain"}]},
        {"reverse": True},
        {"source": {"kind": "noise"}},
        {"source": {"kind": "title", "text": "a"}},
    ],
    ids=str,
)
def test_what_has_a_clock_of_its_own_is_never_joined(folder: Path, members: dict[str, Any]) -> None:
    clips = [{**each, **members} for each in cut()]
    if "source" in members:
        clips = [{key: value for key, value in each.items() if key != "sourceStart"} for each in clips]
    assert counts(timeline_of(project({"clips": clips}), folder)) == [3]
