"""What cells have in common, and what sets them apart: the clips that they show, and how busy those are there."""

from __future__ import annotations

import os
from math import log
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from protocol.commands.shared import ProjectRef
from sidecar.core.bitrates import Bitrates
from sidecar.core.timeline import output_span
from sidecar.services.render.likeness import MOST_BUSY, Screen
from sidecar.services.render.processor_time import ProcessorTime
from tests.harness.rendering import clip, project
from tests.services.render.drafting import Drawn, compiled
from tests.services.render.studio import color, studio
from tests.services.render.studio import project as film

A, B = ("/media/a.mp4", 0), ("/media/b.mp4", 0)


def screen(drawn: Drawn) -> Screen:
    return Screen(drawn.timeline, output_span(drawn.timeline, drawn.timeline.project.export))


def drawn(*tracks: dict[str, Any], **members: Any) -> Drawn:
    return compiled(project(*tracks, size=(64, 36), export={"audio": None}, **members))


def test_cells_of_one_kind_show_the_same_clips() -> None:
    made = drawn({"clips": [clip("a.mp4", 0, 12), clip("b.mp4", 12, 8)]}, {"clips": [clip("still.png", 4, 4)]})
    kinds = screen(made).kinds(made.cells)
    first, covered, after, *others = kinds
    assert first == after == ("/tracks/0/clips/0",)
    assert covered == ("/tracks/0/clips/0", "/tracks/1/clips/0")
    assert set(others) == {("/tracks/0/clips/1",)}
    assert screen(made).streams(made.cells) == [A, B]


def test_both_sides_of_a_transition_are_on_screen() -> None:
    made = drawn(
        {
            "clips": [clip("a.mp4", 0, 8, id="a", sourceStart=4), clip("b.mp4", 8, 8, id="b", sourceStart=4)],
            "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 6}],
        }
    )
    middle = next(cell for cell in made.cells if cell.first <= 200 < cell.end)
    assert set(screen(made).kinds([middle])[0]) == {"/tracks/0/clips/0", "/tracks/0/clips/1"}


@pytest.mark.parametrize(
    ("members", "order"),
    [({}, [0.5, 0.5, 2.0]), ({"reverse": True}, [2.0, 0.5, 0.5]), ({"sourceStart": 8, "speed": 0.25}, [2.0])],
)
def test_cells_are_as_busy_as_the_part_of_the_source_that_they_show(
    members: dict[str, Any], order: list[float]
) -> None:
    made = drawn({"clips": [clip("a.mp4", 0, 12, **members)]})
    curve = Bitrates((0.0, 8.0, 12.0), (0, 400, 1_200))
    found = screen(made).busyness(made.cells, {A: curve})
    assert found == pytest.approx([log(each) for each in order] if len(order) > 1 else [log(order[0])] * len(found))


def test_what_nothing_tells_of_is_as_busy_as_the_mean() -> None:
    made = drawn({"clips": [clip("a.mp4", 0, 4), clip("still.png", 4, 4), clip("#336699", 8, 4)]})
    assert screen(made).busyness(made.cells, {}) == [0.0] * len(made.cells)
    quiet = Bitrates((0.0, 4.0, 100.0), (0, 0, 1_000))
    assert screen(made).busyness(made.cells, {A: quiet})[0] == -MOST_BUSY


def child(pid: int, returncode: int | None = None) -> Any:
    return SimpleNamespace(pid=pid, returncode=returncode)


def test_processor_time_of_those_that_have_ended_counts_too() -> None:
    time, own = ProcessorTime(), child(os.getpid())
    assert time.look([]) is None
    assert time.look([child(2**22 + 1)]) is None
    before = time.look([own])
    assert before is not None
    while (after := time.look([own])) is not None and after <= before:
        sum(range(10_000))
    own.returncode = 0
    assert time.look([own]) == after


async def test_what_a_cell_took_is_told_in_seconds_of_processor(tmp_path: Path) -> None:
    moving = {"x": {"keyframes": [{"time": 0, "value": 0.2}, {"time": 4, "value": 0.8}]}, "scaleX": 0.5, "scaleY": 0.5}
    raw = film(
        {**color(0, 8, "#FF8000"), "transform": moving},
        width=320,
        height=180,
        export={"audio": None, "video": {"preset": "slowest"}},
    )
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, tmp_path / "film.mp4")
        planned = await desk.services.commands.planner.plan(ProjectRef(inline=raw), {}, None, Path)
        keys = [cell.key for cell in planned.cells if not cell.still]
        costs = await desk.services.cache.costs("segments", keys)
    assert ended.result is not None
    assert len(costs) == len(set(keys)) > 0
    assert 0 < sum(seconds for _, seconds in costs.values()) < ended.result.seconds * (os.cpu_count() or 1)
