from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from sidecar.core.keys import IGNORED, SOURCE, plan_key


@dataclass(frozen=True, eq=False)
class Node:
    name: str
    inputs: tuple[object, ...] = ()


@dataclass(frozen=True)
class Plan:
    nodes: tuple[object, ...]
    rate: Fraction = Fraction(25)
    path: str = field(default="file:/a", metadata=SOURCE)
    target: str = field(default="-", metadata=IGNORED)


PRINTS = {"/a": "one", "/b": "one", "/c": "two"}


def test_paths_count_by_their_fingerprints() -> None:
    plan = Plan((Node("x"),))
    key = plan_key(plan, PRINTS, "9")
    assert plan_key(replace(plan, path="file:/b"), PRINTS, "9") == key
    assert plan_key(replace(plan, path="file:/c"), PRINTS, "9") != key
    assert plan_key(replace(plan, path="file:/unknown"), PRINTS, "9") != key


def test_sources_that_a_plan_reads_are_told() -> None:
    met: set[str] = set()
    plan_key(Plan((Node("x"), Plan((), path="file:/c"), Plan((), path="file:/unknown"))), PRINTS, "9", met)
    assert met == {"/a", "/c"}


def test_where_it_is_written_does_not_count_and_what_is_made_does() -> None:
    plan = Plan((Node("x"),))
    key = plan_key(plan, PRINTS, "9")
    assert len(key) == 64
    assert plan_key(replace(plan, target="/elsewhere"), PRINTS, "9") == key
    assert plan_key(plan, PRINTS, "9.1") != key
    assert plan_key(replace(plan, rate=Fraction(30)), PRINTS, "9") != key
    assert plan_key(Plan((Node("x", (b"bytes", None, True, 1, 1.5)),)), PRINTS, "9") != key


def test_a_shared_node_is_not_two_equal_ones() -> None:
    one = Node("x")
    shared = plan_key(Plan((one, one)), {}, "9")
    assert shared == plan_key(Plan((two := Node("x"), two)), {}, "9")
    assert shared != plan_key(Plan((Node("x"), Node("x"))), {}, "9")


def test_deep_graphs_do_not_recurse() -> None:
    node = Node("end")
    for _ in range(50_000):
        node = Node("x", (node,))
    assert plan_key(Plan((node,)), {}, "9")


def test_structure_counts() -> None:
    assert plan_key(Plan((("a", "b"), ("c",))), {}, "9") != plan_key(Plan((("a",), ("b", "c"))), {}, "9")
    assert plan_key(Plan(("1",)), {}, "9") != plan_key(Plan((1,)), {}, "9")


def test_other_things_are_no_part_of_a_key() -> None:
    with pytest.raises(TypeError, match="set"):
        plan_key(Plan(({"a"},)), {}, "9")
