"""What is a project at all, and of which version."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.errors import InvalidProject, UnsupportedSchema
from protocol.project.check import check
from tests.protocol.project.base import BASE, GONE, edited


@pytest.mark.parametrize("raw", [None, 5, "x", [], True, {}, {"schema": None}, edited(("/schema", GONE))])
def test_what_is_no_project_raises_invalid_project(raw: Any) -> None:
    with pytest.raises(InvalidProject):
        check(raw)


@pytest.mark.parametrize(
    "schema", ["", "otio/1", "timeline", "timeline/", "timeline/x", "timeline/0", "timeline/01", "timeline/1.", 1, []]
)
def test_another_schema_is_no_project(schema: Any) -> None:
    with pytest.raises(InvalidProject) as raised:
        check(edited(("/schema", schema)))
    assert raised.value.suggestion is not None


@pytest.mark.parametrize(
    "schema", ["timeline/1.1", "timeline/1.10", "timeline/2", "timeline/2.0", "timeline/999999999"]
)
def test_a_newer_version_is_refused_with_what_is_not_known(schema: str) -> None:
    with pytest.raises(UnsupportedSchema) as raised:
        check(edited(("/schema", schema), ("/lights", []), ("/tracks/0/clips/0/glow", 1)))
    error = raised.value
    assert (error.needed, error.known) == (schema, "timeline/1")
    assert error.unknown_members == ["/tracks/0/clips/0/glow", "/lights"]


def test_at_most_a_hundred_unknown_members_are_named() -> None:
    with pytest.raises(UnsupportedSchema) as raised:
        check({"schema": "timeline/3", **{f"new{n}": 1 for n in range(300)}})
    assert len(raised.value.unknown_members) == 100


def test_one_is_one_point_zero() -> None:
    assert check(edited(("/schema", "timeline/1.0"))).problems == []


def test_the_version_before_migration_is_passed_on() -> None:
    assert check(BASE, migrated_from="timeline/0.9").migrated_from == "timeline/0.9"


def test_a_schema_alone_is_a_project_with_problems() -> None:
    checked = check({"schema": "timeline/1"})
    assert {p.context["member"] for p in checked.problems} == {"frameRate", "width", "height", "tracks"}
    assert checked.project is None
    assert not checked.valid
