"""Ids and what refers to them."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.project.check import check
from tests.protocol.project.base import BASE, GONE, edited, faults, problem

CELL = "/tracks/0/clips/1/layout/cell"
OWNERS = [
    "/tracks/0",
    "/tracks/0/clips/2",
    "/tracks/0/clips/0/effects/0",
    "/tracks/0/clips/0/markers/0",
    "/tracks/0/transitions/0",
    "/tracks/0/effects/0",
    "/tracks/2/cues/0",
    "/effects/0",
    "/groups/0",
    "/markers/0",
]


@pytest.mark.parametrize("owner", OWNERS)
def test_all_share_one_space(owner: str) -> None:
    assert faults((f"{owner}/id", "c5")) == {("duplicateId", max(f"{owner}/id", "/tracks/1/clips/1/id", key=_order))}


def _order(pointer: str) -> tuple[bool, str]:
    """Tracks are read before the lists of the project."""
    return not pointer.startswith("/tracks"), pointer


def test_a_duplicate_names_the_first() -> None:
    found = problem(("/markers/0/id", "q1"))
    assert (found.context["first"], found.ids) == ("/tracks/2/cues/0/id", ["q1"])


def test_an_id_of_a_broken_part_counts() -> None:
    assert ("duplicateId", "/markers/0/id") in faults(("/markers/0/id", "c3"), ("/tracks/0/clips/2/start", None))


def test_the_projects_own_id_and_cells_are_apart() -> None:
    assert faults(("/id", "c1"), ("/templates/0/cells/0/id", "c1"), (CELL, "c1")) == set()
    cell = BASE["templates"][0]["cells"][0]
    assert faults(("/templates/0/cells/-", cell)) == {("duplicateId", "/templates/0/cells/1/id")}
    assert faults(("/templates/0/cells/-", {**cell, "id": "right"})) == set()


@pytest.mark.parametrize(
    ("pointer", "value", "nearest"),
    [
        ("/tracks/0/clips/0/source/media", "m2", None),
        ("/groups/0/clips/1", "c9", None),
        ("/tracks/0/transitions/0/from", "c9", None),
        ("/tracks/0/transitions/0/to", "zzzz", None),
        ("/tracks/0/transitions/0/to", "c4", None),
        (CELL, "lef", "left"),
        (CELL, 1, None),
    ],
)
def test_an_unknown_reference_is_an_error(pointer: str, value: Any, nearest: str | None) -> None:
    found = problem((pointer, value))
    assert (found.context["rule"], found.pointer) == ("unknownReference", pointer)
    assert (found.context["nearest"] is None) == (nearest is None)


def test_references_to_broken_parts_are_no_fault_of_their_own() -> None:
    assert faults(("/tracks/0/clips/0/start", None)) == {("type", "/tracks/0/clips/0/start")}
    assert faults(("/media/0/path", 5)) == {("type", "/media/0/path")}
    assert faults(("/templates/0/gap", 5)) == {("outOfRange", "/templates/0/gap")}


def test_templates_are_the_projects_own_or_built_in() -> None:
    layout = "/tracks/0/clips/1/layout"
    assert faults((layout, {"template": "grid-2x2", "cell": 3})) == set()
    assert faults((layout, {"template": "grid-2x2", "cell": 4})) == {("unknownReference", f"{layout}/cell")}
    found = problem((layout, {"template": "grid-2-2", "cell": 3}))
    assert (found.pointer, found.context["nearest"]) == (f"{layout}/template", "grid-2x2")
    assert faults((CELL, 0)) == set()


def test_exactly_one_of_path_and_media() -> None:
    source = "/tracks/0/clips/0/source"
    assert faults((f"{source}/path", "a.mp4")) == {("sourceChoice", source)}
    assert faults((f"{source}/media", GONE)) == {("sourceChoice", source)}


@pytest.mark.parametrize("pointer", ["/tracks/0/clips/1/source/path", "/media/0/path", "/fonts/0/path"])
@pytest.mark.parametrize("path", ["", "a\0b"])
def test_paths_that_no_file_can_have(pointer: str, path: str) -> None:
    assert faults((pointer, path)) == {("format", pointer)}


def test_a_channel_map_fits_the_project() -> None:
    pointer = "/tracks/0/clips/0/source/channelMap"
    assert faults((pointer, [0])) == {("channelMap", pointer)}
    assert faults(("/channels", 6)) == {("channelMap", pointer)}
    assert faults((pointer, [0] * 6), ("/channels", 6)) == set()
    assert faults((pointer, [0]), ("/channels", 5)) == {("unknownWord", "/channels")}


def test_a_long_list_of_ids_is_not_searched_for_ever() -> None:
    clips = [{"id": f"x{n}", "source": {"kind": "color"}, "start": n, "duration": 1} for n in range(5_000)]
    raw = edited(
        ("/tracks/0/clips", clips), ("/tracks/0/transitions", []), ("/groups/0/clips", [f"y{n}" for n in range(2_000)])
    )
    assert sum(p.context["rule"] == "unknownReference" for p in check(raw).problems) == 2_000
