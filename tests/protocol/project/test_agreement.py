"""Validation and decoding agree, whatever is sent; and validation is quick."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import InvalidProject, UnsupportedSchema
from protocol.project import Project
from protocol.project.check import CODES, RULES, check
from tests.harness.paths import EXAMPLES
from tests.harness.work import statements
from tests.protocol.project.base import BASE

DECODABLE = {"outOfRange", "limit", "keysNotRising"}
"""Rules of the shape that may leave a project decodable."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(["", "c1", "1/2", "1/0", "25", "file", "video", "#123456", "linear", "timeline/1", "timeline/2"]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["id", "kind", "path", "time", "value", "keyframes", "x"]), inner, max_size=4),
    ),
    max_leaves=8,
)


def places(raw: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the path of every member and item."""
    found = [path] if path else []
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


PLACES = places(BASE)


def mutate(raw: Any, path: tuple[Any, ...], how: str, value: Any) -> None:
    """Change what lies at the path, as far as it is still there."""
    at = raw
    for step in path[:-1]:
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1]
    if isinstance(at, dict) and last in at:
        if how == "remove":
            del at[last]
        elif how == "add":
            at["extra"] = value
        elif how == "copy":
            at["copy"] = at[last]
        else:
            at[last] = value
    elif isinstance(at, list) and isinstance(last, int) and last < len(at):
        if how == "remove":
            del at[last]
        elif how == "copy":
            at.append(copy.deepcopy(at[last]))
        else:
            at[last] = value


MUTATIONS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "add", "copy"]), VALUES), max_size=6
)


def decodes(raw: Any) -> bool:
    try:
        msgspec.convert(raw, Project)
    except msgspec.ValidationError:
        return False
    return True


HURRIED = [HealthCheck.too_slow]


@settings(max_examples=500, deadline=None, suppress_health_check=HURRIED)
@given(MUTATIONS)
def test_no_mutation_of_a_project_raises_anything_but_the_two_documented_errors(mutations: list[Any]) -> None:
    judge(mutations)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, suppress_health_check=HURRIED)
@given(MUTATIONS)
def test_no_mutation_at_all_raises_anything_else(mutations: list[Any]) -> None:
    judge(mutations)


def judge(mutations: list[Any]) -> None:
    """Check a project with these changes: documented errors, or problems that say where they are."""
    raw = copy.deepcopy(BASE)
    for path, how, value in mutations:
        mutate(raw, path, how, value)
    try:
        checked = check(raw)
    except (InvalidProject, UnsupportedSchema):
        return
    for problem in checked.problems:
        assert problem.code in CODES
        assert RULES[problem.context["rule"]].severity == problem.severity
        assert problem.message
        assert resolves(raw, problem.pointer), problem
        msgspec.json.encode(problem)
    if checked.project is not None:
        again = msgspec.to_builtins(checked.project)
        assert msgspec.convert(again, Project) == checked.project
        assert decodes(raw)
    else:
        assert not checked.valid
    if not decodes(raw):
        assert checked.project is None


def resolves(raw: Any, pointer: str) -> bool:
    at = raw
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            at = at[int(name)] if isinstance(at, list) else at[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


@settings(max_examples=500, deadline=None)
@given(VALUES)
def test_anything_at_all(value: Any) -> None:
    try:
        check(value)
    except InvalidProject:
        return
    pytest.fail("no value of this kind is a project")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_one_change_agrees_with_msgspec(path: tuple[Any, ...], value: Any) -> None:
    raw = copy.deepcopy(BASE)
    mutate(raw, path, "replace", value)
    try:
        checked = check(raw)
    except (InvalidProject, UnsupportedSchema):
        return
    shape = [p for p in checked.problems if p.context["rule"] in SHAPE - DECODABLE]
    if not decodes(raw):
        assert any(p.context["rule"] in SHAPE for p in checked.problems)
    elif checked.project is None:
        # what msgspec takes and no project can hold: times, rates and numbers that cannot be read
        assert {p.context["rule"] for p in shape} <= {"format", "notFinite", "outOfRange"}


SHAPE = {
    "type",
    "missing",
    "unknownMember",
    "unknownWord",
    "format",
    "outOfRange",
    "length",
    "notFinite",
    "limit",
    "reserved",
    "keysNotRising",
}


def test_the_example_is_valid() -> None:
    example = EXAMPLES / "bunny.json"
    raw = msgspec.json.decode(example.read_bytes()) if example.is_file() else BASE
    assert check(raw).problems == []


def test_every_rule_gives_a_known_code_and_every_code_has_a_rule() -> None:
    assert {rule.code for rule in RULES.values()} == set(CODES)
    assert all(rule.meaning for rule in RULES.values())
    assert all(rule.severity == "error" or rule.code == name for name, rule in RULES.items())


def test_ten_thousand_clips_with_every_member_written_are_right() -> None:
    assert check(written_out(10_000)).problems == []


def test_four_times_the_clips_are_four_times_the_work() -> None:
    few, many = (statements(partial(check, written_out(count))) for count in (250, 1_000))
    assert many < 4.2 * few


def written_out(count: int) -> dict[str, Any]:
    """A project of so many clips with every member written."""
    one = msgspec.to_builtins(msgspec.convert(BASE, Project))["tracks"][0]["clips"][1]
    plain = {**one, "layout": None}
    clips = [{**plain, "id": f"x{n}", "start": n * 2} for n in range(count)]
    return {**BASE, "tracks": [{"kind": "video", "clips": clips}], "groups": []}
