"""How a strip is cut into what can be read in one go."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest

from sidecar.ffmpeg.builder.picture.pick import first_shown
from sidecar.ffmpeg.builder.picture.runs import FAR, Moment, runs


def cut(frames: Sequence[int], longest: int = 10) -> list[tuple[list[int], bool]]:
    found = runs([Moment(frame) for frame in frames], longest)
    return [([moment.frame for moment in run.moments], run.falling) for run in found]


def test_runs_go_one_way_and_falling_ones_come_mirrored() -> None:
    assert cut([1, 2, 2, 5, 4, 3, 3, 6]) == [([1, 2, 2, 5], False), ([3, 3, 4], True), ([6], False)]
    assert cut([3, 3, 2]) == [([2, 3, 3], True)]
    assert cut([7, 7, 7]) == [([7, 7, 7], False)]


def test_falling_runs_are_short() -> None:
    assert [len(frames) for frames, _ in cut(range(25, 0, -1))] == [10, 10, 5]
    stood = [30] * 15 + [29, 28]
    assert [(len(frames), falling) for frames, falling in cut(stood)] == [(10, True), (7, True)]


def test_a_far_jump_is_sought_and_steady_steps_are_not() -> None:
    assert cut([1, 2, FAR + 2, FAR + 3]) == [([1, 2], False), ([FAR + 2, FAR + 3], False)]
    steps = list(range(0, 5 * FAR, FAR))
    assert [len(frames) for frames, _ in cut(steps)] == [1, 4], "only the first step is not known to be one of many"


def test_black_is_a_run_of_its_own() -> None:
    moments = [Moment(1), Moment(2), Moment(2, black=True), Moment(2, black=True), Moment(3, Fraction(1, 2))]
    assert [(len(run.moments), run.black) for run in runs(moments, 10)] == [(2, False), (2, True), (1, False)]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost(seed: int) -> None:
    chance = Random(seed)
    frames = [chance.randrange(12) for _ in range(200)]
    back: list[int] = []
    for found, falling in cut(frames, 4):
        assert found == sorted(found)
        back += found[::-1] if falling else found
    assert back == frames


def test_the_table_names_the_first_frame_that_asks_for_it() -> None:
    wanted = [3, 3, 5, 9, 9]
    text = first_shown(wanted, "x")

    def value(expression: str, x: int) -> int:
        if not expression.startswith("if("):
            return int(expression)
        depth, parts, start = 0, [], 3
        for place, letter in enumerate(expression):
            depth += (letter == "(") - (letter == ")")
            if (letter == "," and depth == 1) or (depth == 0 and letter == ")"):
                parts.append(expression[start:place])
                start = place + 1
        limit = int(parts[0].removeprefix("lte(x,").removesuffix(")"))
        return value(parts[1] if x <= limit else parts[2], x)

    assert [value(text, x) for x in (-4, 3, 4, 5, 6, 9, 10)] == [0, 0, 2, 2, 3, 3, 6]
