from __future__ import annotations

from typing import Any

import pytest

from protocol.commands.render import Encoders, Plan, PlanSummary, Segment
from sidecar.cli.drawing import drawn, runs


def plan(*segments: tuple[int, Any], rate: str = "25") -> Plan:
    """A plan of segments: frames and state."""
    found, at = [], 0
    for index, (frames, state) in enumerate(segments):
        found.append(Segment(index=index, from_=at, to=at + frames, state=state))
        at += frames
    count = {state: sum(each.state == state for each in found) for state in ("cached", "copied", "waiting")}
    summary = PlanSummary(
        frames=at,
        duration="1/1",
        segments=len(found),
        cached=count["cached"],
        copied=count["copied"],
        encode=count["waiting"],
        frames_to_encode=0,
        estimated_seconds=None,
        estimated_bytes=None,
        encoder=Encoders(video="libx264", audio=None),
    )
    return Plan(
        plan=summary,
        key="",
        problems=[],
        segments=found,
        inputs=[],
        width=64,
        height=36,
        frame_rate=rate,
        container="mp4",
    )


def text(found: Plan, width: int = 80) -> list[str]:
    return ["".join(part for part, _ in line) for line in drawn(found, width)]


def test_blocks_stand_for_equal_times() -> None:
    row, legend = text(plan((500, "cached"), (250, "copied"), (250, "waiting")), 50)
    assert row == f"0:00 {'█' * 20}{'▓' * 10}{'░' * 10} 0:40"
    assert " ".join(legend.split()) == "█ cached 1 ▓ copied 1 ░ to encode 1"


def test_what_has_to_be_encoded_is_seen_however_short() -> None:
    row, _ = text(plan((5000, "cached"), (1, "waiting"), (4999, "cached")))
    assert row.count("░") == 1
    row, _ = text(plan((4999, "copied"), (1, "cached"), (5000, "copied")))
    assert "█" not in row


def test_styles_tell_states_apart_where_there_are_colours() -> None:
    styles = [style for _, style in next(drawn(plan((50, "cached"), (50, "waiting")), 80))]
    assert styles == ["dim", "green", "yellow", "dim"]


@pytest.mark.parametrize("width", [80, 40, 12, 3])
@pytest.mark.parametrize("count", [1, 39, 41, 900])
def test_no_line_is_wider_than_the_terminal(width: int, count: int) -> None:
    found = plan(*[(100, ("cached", "waiting")[index % 2]) for index in range(count)])
    lines = text(found, width)
    assert len(lines) == min(6, -(-count // 40)) + 1
    assert all(len(line) <= max(width, 17) for line in lines[:-1])


def test_a_film_of_one_frame() -> None:
    assert text(plan((1, "waiting")))[0] == "0:00 ░ 0:00"


def test_neighbours_of_a_state_are_one_run() -> None:
    found = plan((100, "cached"), (50, "cached"), (10, "waiting"), (40, "copied"))
    assert runs(found) == [
        ("0.000", "6.000", "150", "2", "cached"),
        ("6.000", "6.400", "10", "1", "to encode"),
        ("6.400", "8.000", "40", "1", "copied"),
    ]
