"""Whatever validation accepts is rendered, whole; whatever it refuses is refused with typed problems."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given

from sidecar.effects.declarations import parameters_of
from sidecar.effects.discovery import catalogue
from tests.harness.reference.animation import LIMITS
from tests.harness.rendering import clip, project
from tests.reference.accepting import Press
from tests.reference.drawn import long, quick
from tests.reference.material import write_material
from tests.reference.rendered import Json
from tests.reference.wholes import projects

KEYS = [{"time": 0.2, "value": 0.3185}, {"time": 0.8, "value": 0.3675}]
TURNED = [{"time": 0, "value": -720}]
MORE = [{"time": 0, "value": -2.4}, {"time": 0.1, "value": -2.7}]
DARKER = {"keyframes": [{"time": 0, "value": 0.9}, {"time": 0.05, "value": -1.0}]}
HEARD = {"container": "wav", "video": None, "audio": {"codec": "pcm_f32le"}}


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    folder = tmp_path_factory.mktemp("accepted")
    write_material(folder)
    made = Press(folder)
    with made.working():
        yield made


@quick(25)
@given(raw=projects())
def test_what_is_accepted_is_rendered(press: Press, raw: Json) -> None:
    assert press.outcome(raw) in {"rendered", "refused"}, json.dumps(raw)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@long("PROJECTS", 2_000)
@given(raw=projects())
def test_whatever_is_accepted_is_rendered(press: Press, raw: Json) -> None:
    assert press.outcome(raw) in {"rendered", "refused"}, json.dumps(raw)


FOUND: dict[str, Json] = {
    "sound so slow that a stretcher has nothing of it yet": project(
        {"kind": "audio", "clips": [clip("frames.mp4", 0.1, 0.04, speed=0.05)]}, export=HEARD
    ),
    "an effect that begins in the silence before a track's first sound": project(
        {"kind": "audio", "clips": [clip({"kind": "noise"}, 0.2, 0.2)], "effects": [{"type": "reverb", "start": 0.16}]},
        export=HEARD,
    ),
    "static at the end of the last frame": project({"clips": [clip({"kind": "noise"}, 0, 0.2)]}, size=(64, 36)),
    "a picture as narrow as a crop and a cover leave it": project(
        {"clips": [clip("moving.gif", 0, 1, fit="cover", crop={"left": {"keyframes": KEYS}, "top": 0.392})]},
        size=(18, 96),
        rate="5",
    ),
    "a picture that scales, and is not on screen yet": project(
        {
            "clips": [
                clip(
                    "alpha.png",
                    0,
                    0.2,
                    transform={"rotation": {"keyframes": TURNED}, "anchorX": -0.925, "scaleX": {"keyframes": MORE}},
                )
            ]
        },
        size=(16, 16),
    ),
    "a frame that is hardly seen in the export's": project(
        {"clips": [clip("frames.mp4", 0, 0.2)]},
        size=(16, 128),
        export={"container": "mkv", "video": {"codec": "ffv1"}, "audio": None, "height": 16},
    ),
    "a picture of one column that is blurred": project(
        {"clips": [clip("frames.mp4", 0, 0.2, layout={"template": "own", "cell": 0}, effects=[{"type": "blur"}])]},
        size=(18, 96),
        templates=[{"id": "own", "cells": [{"x": 0.5, "y": 0, "width": 0.01, "height": 0.01}]}],
    ),
    "a stabilisation that acts on no frame": project(
        {"clips": [clip("late.mkv", 0, 0.2, effects=[{"type": "stabilize", "start": 0.13}])]}, rate="5"
    ),
    "tones that move on a crop that moves": project(
        {"clips": [clip("uneven.mp4", 0, 0.2, color={"blacks": DARKER}, crop={"bottom": {"keyframes": KEYS}})]}
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_not_rendered_once(press: Press, name: str) -> None:
    assert press.outcome(FOUND[name]) == "rendered"


def passing(low: float, high: float) -> Json:
    """Keys at the ends of a range, and a curve between them that leaves it at both."""
    easing = {"cubicBezier": [0.3, -0.9, 0.6, 1.9]}
    return {"keyframes": [{"time": 0, "value": low, "easing": easing}, {"time": 0.4, "value": high}]}


ANIMATED = {
    kind.name: members
    for kind in catalogue().effects.values()
    if (members := [each for each in parameters_of(kind.parameters) if each.animated and each.range])
}


@pytest.mark.parametrize("kind", ANIMATED)
def test_a_curve_keeps_a_parameter_in_its_range(press: Press, kind: str) -> None:
    moved = {each.name: passing(*each.range) for each in ANIMATED[kind] if each.range}
    made = clip("frames.mp4", 0, 0.4, effects=[{"type": kind, "parameters": moved}])
    assert press.outcome(project({"clips": [made]}, size=(32, 32))) == "rendered"


OWNERS: dict[str, Json] = {
    name: {member: passing(*LIMITS[member]) for member in members}
    for name, members in (
        ("color", ("brightness", "contrast", "saturation", "hue", "gamma", "highlights", "shadows", "temperature")),
        ("crop", ("left", "top")),
        ("transform", ("x", "y", "scaleX", "scaleY", "rotation", "anchorX", "anchorY")),
    )
}


@pytest.mark.parametrize("owner", OWNERS)
def test_a_curve_keeps_a_member_in_its_range(press: Press, owner: str) -> None:
    made = clip("frames.mp4", 0, 0.4, **{owner: OWNERS[owner]}, opacity=passing(0, 1))
    assert press.outcome(project({"clips": [made]}, size=(32, 32))) == "rendered"


REFUSED: dict[str, Json] = {
    "a transition of an adjustment clip": project(
        {
            "clips": [clip({"kind": "adjustment"}, 0, 0.2, id="a")],
            "transitions": [{"type": "wipebl", "duration": 0.1, "to": "a"}],
        }
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(press: Press, name: str) -> None:
    assert press.outcome(REFUSED[name]) == "refused"
