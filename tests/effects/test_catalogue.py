"""One declaration is enough: a file with a new effect shows up everywhere, and everything wrong with a use is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sidecar.effects.picture as pictures
from protocol.problem import Problem
from protocol.project.check import check
from sidecar.effects import catalogue
from sidecar.effects.declarations import parameters_of
from sidecar.effects.documents import effects_page
from sidecar.effects.generate import main
from sidecar.effects.validation import catalogue_problems
from sidecar.ffmpeg.builder.catalogue import EffectKind, TransitionKind
from sidecar.services.catalogue import list_effects
from tests.effects.test_kinds import given
from tests.harness.effects import applied, effect
from tests.harness.paths import ROOT
from tests.harness.rendering import RESOURCES, clip, project

TOY = """
from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import toned
from sidecar.ffmpeg.builder.catalogue import EffectKind


class Toy(Parameters):
    shade: Annotated[Animated, number(0, 1, "How dark it gets", moves="-brightness", ru="Темнота")] = 0.5


def build(stream, parameters, scene):
    gains = [1 - value for value in scene.values(parameters.shade)]
    return toned(stream, gains, [0.0] * len(gains), scene)


KIND = EffectKind(
    name="toy",
    medium="video",
    category="toys",
    title="Toy",
    description="Darkens",
    parameters=Toy,
    neutral={"shade": 0},
    build=build,
)
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module more in a folder of the package."""
    (tmp_path / "toy_of_a_test.py").write_text(TOY)
    monkeypatch.setattr(pictures, "__path__", [*pictures.__path__, str(tmp_path)])
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


def problems_of(raw: dict[str, Any]) -> list[Problem]:
    found = check(raw).project
    assert found is not None
    return catalogue_problems(found, catalogue())


def on_a_clip(kind: str, parameters: dict[str, Any] | None = None, source: Any = "#102030") -> list[Problem]:
    return problems_of(project({"clips": [clip(source, effects=[{"type": kind, "parameters": parameters or {}}])]}))


@pytest.mark.usefixtures("toy")
def test_a_new_file_is_all_that_a_new_effect_takes(tmp_path: Path) -> None:
    (told,) = (info for info in list_effects(None, "toys").effects)
    assert (told.type, told.support, told.scale_free) == ("toy", "point", True)
    (shade,) = told.parameters
    assert (shade.name, shade.kind, shade.default, shade.range, shade.animated) == (
        "shade",
        "number",
        0.5,
        [0, 1],
        True,
    )
    assert "### `toy`: Toy" in effects_page(catalogue())
    assert main(["--check", "--root", str(ROOT)]) == 1, "the page in the repository does not know it"
    assert on_a_clip("toy", {"shade": 1}) == []
    (problem,) = on_a_clip("toy", {"shade": 1.5})
    assert (problem.code, problem.pointer) == ("effectInvalid", "/tracks/0/clips/0/effects/0/parameters/shade")
    (problem,) = on_a_clip("toyy")
    assert problem.context["nearest"] == "toy"
    frames = given()[:3]
    found = applied(
        frames, [effect("toy", {"shade": 0.5})], tmp_path, resources=replace(RESOURCES, catalogue=catalogue())
    )
    assert abs(found.mean() - frames.mean() / 2) < 1


def test_the_page_is_what_the_declarations_say() -> None:
    assert main(["--check", "--root", str(ROOT)]) == 0


def test_the_page_is_written(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0


def test_names_are_words_of_json_and_taken_once() -> None:
    kinds: list[EffectKind | TransitionKind] = [*catalogue().effects.values(), *catalogue().transitions.values()]
    for kind in kinds:
        assert kind.name.isascii()
        assert kind.name.isalnum()
        assert kind.name[0].islower()
        for parameter in parameters_of(kind.parameters):
            assert parameter.name.isalnum()


def test_lists_are_by_medium_and_category() -> None:
    everything = list_effects(None, None).effects
    assert [info.type for info in everything] == sorted(catalogue().effects)
    assert {info.medium for info in list_effects("audio", None).effects} == {"audio"}
    assert {info.category for info in list_effects("video", "color").effects} == {"color"}
    assert list_effects("video", "no such thing").effects == []


def test_an_unknown_type_is_said_with_the_nearest() -> None:
    raw = project(
        {
            "clips": [clip("#102030", id="a"), clip("#102030", 1, 1, id="b", effects=[{"type": "Blurr", "id": "e"}])],
            "transitions": [{"type": "wipleft", "from": "a", "to": "b", "duration": 0.4}],
        }
    )
    unknown, transition = problems_of(raw)
    assert (unknown.code, unknown.pointer) == ("effectUnknown", "/tracks/0/clips/1/effects/0/type")
    assert (unknown.ids, unknown.context["nearest"], unknown.suggestion) == (["e"], "blur", 'Use "blur"')
    assert (transition.code, transition.pointer) == ("effectUnknown", "/tracks/0/transitions/0/type")
    assert transition.context["nearest"] == "wipeleft"


def test_everything_wrong_is_said_at_once() -> None:
    keys = {"keyframes": [{"time": 1, "value": 3}, {"time": 1, "value": -3}, {"time": "1/0", "value": 2}]}
    found = on_a_clip("blur", {"radius": keys, "radiant/": 4})
    places = [problem.pointer.removeprefix("/tracks/0/clips/0/effects/0/parameters") for problem in found]
    assert places == ["/radius/keyframes/1/value", "/radius/keyframes/2/time", "/radius/keyframes/1/time", "/radiant~1"]
    assert {problem.code for problem in found} == {"effectInvalid"}
    assert found[0].context["range"] == [0, 200]
    assert found[0].context["nearest"] == 0
    assert found[3].context["nearest"] == "radius"


@pytest.mark.parametrize(
    ("kind", "parameters", "pointer", "nearest"),
    [
        ("blur", {"radius": "wide"}, "/radius", 5.0),
        ("blur", {"radius": {"keyframes": []}}, "/radius/keyframes", None),
        ("blur", {"radius": {"keyframes": [{"time": 0, "value": True}]}}, "/radius/keyframes/0/value", None),
        ("vignette", {"size": {"keyframes": [{"time": 0, "value": 0.2}]}}, "/size", 0.4),
        ("echo", {"echoes": 2.5}, "/echoes", 4),
        ("mask", {"shape": "elipse"}, "/shape", "ellipse"),
        ("mask", {"invert": 1}, "/invert", False),
        ("mask", {"points": [[0, 0], [1, 1]]}, "/points", None),
        ("mask", {"points": [[0, 0], [1, 1.5], [0, 1]]}, "/points/1/1", 1.0),
        ("curves", {"red": [[0, 0], [0, 1]]}, "/red/1/0", None),
        ("curves", {"red": [[0, 0], [1]]}, "/red/1", None),
        ("chromaKey", {"color": "green"}, "/color", "#00B140"),
        ("lut", {"path": 7}, "/path", ""),
        ("lut", {"path": "a\0b"}, "/path", None),
    ],
)
def test_a_parameter_that_cannot_be(kind: str, parameters: dict[str, Any], pointer: str, nearest: object) -> None:
    (problem,) = on_a_clip(kind, parameters)
    assert (problem.severity, problem.code) == ("error", "effectInvalid")
    assert problem.pointer == f"/tracks/0/clips/0/effects/0/parameters{pointer}"
    assert problem.context["nearest"] == nearest
    assert (problem.suggestion is None) == (nearest is None)


def test_an_effect_has_the_medium_of_its_owner() -> None:
    tone = {"kind": "tone"}
    blur, loud = [{"type": "blur"}], [{"type": "limiter"}]
    raw = project(
        {"clips": [clip("#102030", effects=[*blur, *loud]), clip("film.mp4", 1, 1, effects=[*blur, *loud])]},
        {"clips": [clip(tone, effects=[*blur, *loud])], "kind": "audio", "effects": [*blur, *loud]},
        {"clips": [clip({"kind": "file", "path": "film.mp4", "audioStream": None}, effects=loud)], "effects": loud},
        effects=[*blur, *loud],
    )
    found = problems_of(raw)
    assert {problem.code for problem in found} == {"effectInvalid"}
    assert [problem.pointer for problem in found] == [
        "/tracks/0/clips/0/effects/1/type",
        "/tracks/1/effects/0/type",
        "/tracks/1/clips/0/effects/0/type",
        "/tracks/2/clips/0/effects/0/type",
    ]


def test_what_needs_a_clip_of_its_own_is_not_put_elsewhere() -> None:
    calm = [{"type": "stabilize"}]
    raw = project({"clips": [clip({"kind": "adjustment"}, effects=calm)], "effects": calm}, effects=calm)
    assert [problem.pointer for problem in problems_of(raw)] == [
        "/effects/0/type",
        "/tracks/0/effects/0/type",
        "/tracks/0/clips/0/effects/0/type",
    ]


def test_a_key_is_a_track_with_sound_and_no_cycle() -> None:
    def listening(own: str, to: str) -> dict[str, Any]:
        duck = [{"type": "ducking", "parameters": {"track": to}}]
        return {"id": own, "kind": "audio", "clips": [clip({"kind": "tone"}, effects=duck)]}

    words = {"id": "words", "kind": "subtitle", "cues": []}
    good = project(listening("a", "b"), {"id": "b", "kind": "audio", "clips": []})
    assert problems_of(good) == []
    raw = project(listening("a", "b"), listening("b", "c"), listening("c", "a"), listening("d", "words"), words)
    assert [problem.pointer[8:9] for problem in problems_of(raw)] == ["0", "1", "2", "3"]
    raw = project(listening("music", "musik"))
    (problem,) = problems_of(raw)
    assert problem.pointer == "/tracks/0/clips/0/effects/0/parameters/track"
    assert (problem.code, problem.context["nearest"]) == ("effectInvalid", "music")
    assert [problem.code for problem in problems_of(project(listening("a", "a")))] == ["effectInvalid"]
