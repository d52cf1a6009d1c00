from __future__ import annotations

from typing import Any

import pytest

from protocol.project.graphics import GRAPHICS, field_values
from protocol.project.styles import PRESETS
from tests.protocol.project.base import faults, problem

SOURCE = "/tracks/0/clips/2/source"
CUE = "/tracks/2/cues/0"


def graphic(fields: dict[str, Any], name: str = "lower-third") -> tuple[str, Any]:
    return SOURCE, {"kind": "graphic", "name": name, "fields": fields}


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_graphic_with_all_its_fields_is_fine(name: str) -> None:
    values = {field.name: field.default for field in GRAPHICS[name].fields}

    assert faults(graphic(values, name)) == set()
    assert field_values(GRAPHICS[name], {}) == values


def test_an_unknown_graphic_names_the_nearest() -> None:
    found = problem(graphic({}, "lowerThird"))

    assert (found.code, found.pointer) == ("invalidProject", f"{SOURCE}/name")
    assert (found.context["rule"], found.context["nearest"]) == ("unknownWord", "lower-third")


@pytest.mark.parametrize(
    ("fields", "rule", "nearest"),
    [
        ({"nam": "x"}, "unknownMember", "name"),
        ({"name": 5}, "type", None),
        ({"name": None}, "type", None),
        ({"color": "red"}, "format", None),
        ({"color": 3}, "type", None),
        ({"name": "é" * 5_121}, "length", None),
    ],
)
def test_fields_are_checked(fields: dict[str, Any], rule: str, nearest: str | None) -> None:
    found = problem(graphic(fields))

    assert found.code == "invalidProject"
    assert found.pointer == f"{SOURCE}/fields/{next(iter(fields))}"
    assert (found.context["rule"], found.context.get("nearest")) == (rule, nearest)


@pytest.mark.parametrize(("x", "rule"), [(1.5, "outOfRange"), (True, "type"), ("1", "type"), (0.5, None), (0, None)])
def test_numbers_have_their_range(x: object, rule: str | None) -> None:
    assert faults(graphic({"x": x}, "callout")) == (set() if rule is None else {(rule, f"{SOURCE}/fields/x")})


@pytest.mark.parametrize("pointer", [f"{CUE}/style", "/tracks/2/style"])
def test_an_unknown_style_names_the_nearest(pointer: str) -> None:
    found = problem((pointer, {"preset": "neonn"}))

    assert (found.code, found.pointer) == ("invalidProject", f"{pointer}/preset")
    assert (found.context["rule"], found.context["nearest"]) == ("unknownWord", "neon")
    for name in PRESETS:
        assert faults((pointer, {"preset": name})) == set()


def test_a_title_knows_the_styles_too() -> None:
    assert faults((SOURCE, {"kind": "title", "text": "a", "style": {"preset": "no"}})) == {
        ("unknownWord", f"{SOURCE}/style/preset")
    }


@pytest.mark.parametrize(
    ("animation", "found"),
    [
        ({"type": "wave", "parameters": {"period": 2}}, set()),
        ({"type": "wave", "parameters": {"period": 0}}, {("outOfRange", "/parameters/period")}),
        ({"type": "wave", "parameters": {"periode": 1}}, {("unknownMember", "/parameters/periode")}),
        ({"type": "fadeIn", "parameters": {"period": 1}}, {("noEffect", "/parameters/period")}),
        ({"type": "fadeIn", "direction": "left"}, {("noEffect", "/direction")}),
        ({"type": "slideIn", "direction": "left"}, set()),
    ],
)
def test_animations_have_the_parameters_that_they_know(animation: dict[str, Any], found: set[tuple[str, str]]) -> None:
    at = f"{CUE}/animations"

    assert faults((at, [animation])) == {(rule, f"{at}/0{place}") for rule, place in found}


def test_a_word_that_is_not_in_the_text_is_told() -> None:
    words = [{"start": 0.5, "end": 0.8, "text": "Hello"}, {"start": 0.8, "end": 0.9, "text": "nobody"}]

    assert faults((f"{CUE}/words", words)) == {("noEffect", f"{CUE}/words/1/text")}
