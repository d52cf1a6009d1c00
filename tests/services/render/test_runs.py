"""How missing cells are shared out, and what is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import DiskFull, FfmpegCrashed, FfmpegFailed, MediaUnreadable, RenderFailed, SidecarError, Stalled
from sidecar.ffmpeg.builder.staged import Cost
from sidecar.services.render.cells import Cell
from sidecar.services.render.control import JobControl
from sidecar.services.render.retries import CRASH_SECONDS, Retries
from sidecar.services.render.runs import Run, begin, choose, group, loose_encoders, most_outputs, visit
from sidecar.services.render.slots import Slots
from tests.harness.patience import PATIENCE

GIBIBYTE = 2**30


def cell(index: int, *, still: bool = False) -> Cell:
    return Cell(index, 100 * index, 100 * index + 100, f"{index:064}", 100, Cost(1, 1, 0), still=still)


def lengths(missing: Sequence[Cell], workers: int, most: int = 5, heaviest: int = 99) -> list[int]:
    runs = group(missing, workers=workers, most=most, fits=lambda cells: len(cells) <= heaviest)
    assert [each for run in runs for each in run.cells] == list(missing)
    return [len(run.cells) for run in runs]


def test_neighbours_share_a_process_and_all_workers_have_the_same_to_do() -> None:
    row = [cell(index) for index in range(15)]
    assert lengths([], 2) == []
    assert lengths(row[:5], 2) == [2, 3]
    assert lengths(row, 2) == [3, 4, 4, 4]
    assert lengths(row, 1) == [5, 5, 5]
    assert lengths(row, 16) == [1] * 15
    assert lengths([*row[:3], *row[6:8]], 1) == [3, 2]


def test_what_is_too_much_for_one_process_is_halved() -> None:
    row = [cell(index) for index in range(10)]
    assert lengths(row, 1, heaviest=3) == [2, 3, 2, 3]
    assert lengths(row[:4], 1, heaviest=0) == [1, 1, 1, 1]


def test_a_still_cell_is_made_alone() -> None:
    assert lengths([cell(0), cell(1), cell(2, still=True), cell(3), cell(4)], 1) == [2, 1, 2]


def test_large_pictures_share_a_process_with_fewer() -> None:
    assert most_outputs(1280, 720, workers=2, memory=16 * GIBIBYTE) == 5
    assert most_outputs(3840, 2160, workers=2, memory=16 * GIBIBYTE) == 1
    assert most_outputs(1280, 720, workers=8, memory=2 * GIBIBYTE) == 1
    assert most_outputs(1280, 720, workers=64, memory=0) == 1


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=200))
def test_every_run_has_its_turn_and_every_kind_an_early_one(kinds: list[str]) -> None:
    order = visit(kinds)
    assert sorted(order) == list(range(len(kinds)))
    assert {kinds[number] for number in order[: len(set(kinds))]} == set(kinds)


def test_runs_of_one_kind_are_everywhere_early() -> None:
    assert visit("aaaaaaaa") == [0, 4, 2, 6, 1, 5, 3, 7]


def test_the_longest_goes_first_where_it_would_end_last() -> None:
    assert choose([1.0, 1.0, 1.0, 1.1], 1) == 0
    assert choose([1.0, 1.0, 9.0], 2) == 2
    assert choose([1.0, 1.5], 2) == 1


def test_runs_break_where_something_else_is_shown() -> None:
    row = [cell(index) for index in range(12)]
    clips = [0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4]

    def related(before: Cell, after: Cell) -> bool:
        return clips[before.index] == clips[after.index]

    def grouped(missing: Sequence[Cell], most: int) -> list[list[int]]:
        runs = group(missing, workers=2, most=most, fits=lambda _: True, related=related)
        return [[each.index for each in run.cells] for run in runs]

    assert grouped(row[:6], 5) == [[0, 1], [2, 3], [4, 5]]
    assert grouped(row, 5) == [[0, 1], [2, 3], [4, 5, 6], [7, 8, 9], [10, 11]]
    assert grouped(row[8:], 5) == [[8, 9], [10, 11]]


def test_what_shows_different_things_shares_a_process_only_where_that_takes_little_memory() -> None:
    clips = [0, 0, 1, 2, 3, 4, 5, 6, 6]
    places = [0, 100, 200, 250, 260, 270, 280, 380, 480, 580]
    row = [
        Cell(at, first, end, f"{at:064}", end - first, Cost(1, 1, 0))
        for at, (first, end) in enumerate(pairwise(places))
    ]

    def grouped(size: tuple[int, int]) -> list[list[int]]:
        runs = group(
            row,
            workers=1,
            most=5,
            fits=lambda _: True,
            related=lambda before, after: clips[before.index] == clips[after.index],
            loose=loose_encoders(*size),
        )
        return [[each.index for each in run.cells] for run in runs]

    assert grouped((1920, 1080)) == [[0, 1], [2], [3, 4, 5], [6], [7, 8]]
    assert grouped((640, 360)) == [[0, 1], [2, 3, 4, 5, 6], [7, 8]]
    assert grouped((64, 36)) == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]


def makespan(costs: Sequence[float], *, workers: int, most: int) -> tuple[float, int]:
    """Return when the last of all cells is made, each worker making what it is given, and by how many processes."""
    waiting = group([cell(index) for index in range(len(costs))], workers=workers, most=most, fits=lambda _: True)
    free, processes, made = [0.0] * workers, 0, []
    while waiting:
        now, *others = sorted(free)
        run = begin(waiting, lambda each: costs[each.index], sum(each - now for each in others), workers)
        made += [each.index for each in run.cells]
        processes += 1
        free = [now + sum(costs[each.index] for each in run.cells), *others]
    assert sorted(made) == list(range(len(costs)))
    return max(free), processes


@given(
    st.lists(st.floats(1.0, 4.0), min_size=1, max_size=60),
    st.integers(1, 8),
    st.integers(1, 5),
)
def test_all_workers_end_within_a_cell_of_each_other(costs: list[float], workers: int, most: int) -> None:
    ends, _ = makespan(costs, workers=workers, most=most)
    assert ends <= sum(costs) / workers + max(costs) + 1e-6


def test_what_is_even_is_made_by_few_processes() -> None:
    assert makespan([1.5] * 6, workers=1, most=5) == (9.0, 2)
    assert makespan([1.5] * 40, workers=2, most=5) == (30.0, 12)


def test_a_run_is_cut_where_it_would_end_last() -> None:
    row = [cell(index) for index in range(4)]
    waiting = [Run(tuple(row))]
    assert begin(waiting, lambda _: 2.0, 0.0, 2).cells == (row[0],)
    assert [run.cells for run in waiting] == [tuple(row[1:])]
    assert begin([Run(tuple(row))], lambda _: 2.0, 30.0, 2).cells == tuple(row)
    assert begin([Run(tuple(row))], lambda _: 2.0, 0.0, 1).cells == tuple(row)
    assert begin([Run(tuple(row))], lambda _: 0.2, 0.0, 2).cells == tuple(row)


CRASH = FfmpegCrashed(signal=9)


@pytest.mark.parametrize(
    "error",
    [
        FfmpegFailed(exit_code=228, detail="full"),
        FfmpegFailed(exit_code=234, detail="argument"),
        MediaUnreadable(path="a", detail="b"),
        DiskFull(path="a"),
    ],
)
def test_what_ends_the_same_again_is_not_tried_again(error: SidecarError) -> None:
    with pytest.raises(type(error)):
        Retries().failed(error, [1], 0.0)


@pytest.mark.parametrize(
    "error",
    [
        CRASH,
        Stalled(what="FFmpeg", seconds=60),
        FfmpegFailed(exit_code=1, detail="who knows"),
        RenderFailed(detail="99 frames"),
    ],
)
def test_a_cell_is_begun_three_times(error: SidecarError) -> None:
    retries = Retries()
    retries.failed(error, [1, 2], 0.0)
    retries.failed(error, [1], 1.0)
    with pytest.raises(type(error)):
        retries.failed(error, [1], 2.0)
    assert retries.count == 2


def test_five_crashes_of_one_kind_are_enough() -> None:
    retries = Retries()
    for number in range(4):
        retries.failed(CRASH, [number], float(number))
    retries.failed(Stalled(what="FFmpeg", seconds=60), [9], 4.0)
    with pytest.raises(FfmpegCrashed):
        retries.failed(CRASH, [5], 5.0)
    slowly = Retries()
    for number in range(9):
        slowly.failed(CRASH, [number], number * CRASH_SECONDS / 3)


async def test_places_go_to_those_who_asked_first() -> None:
    slots, got = Slots(2), list[str]()

    async def ask(name: str) -> None:
        await slots.take()
        got.append(name)

    async with trio.open_nursery() as nursery:
        for name in "abcd":
            nursery.start_soon(ask, name)
            await trio.testing.wait_all_tasks_blocked()
        assert got == ["a", "b"]
        slots.give(1)
        await trio.testing.wait_all_tasks_blocked()
        assert got == ["a", "b", "c"]
        slots.give(1)
    assert (got[-1], slots.taken) == ("d", 2)


async def test_a_place_is_not_lost_with_who_waited_for_it() -> None:
    slots = Slots(1)
    await slots.take()
    with trio.move_on_after(0):
        await slots.take()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(slots.take)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        slots.give(1)  # to them, who do not know yet that they are cancelled
    assert slots.taken == 0


async def test_places_of_stopped_processes_are_lent() -> None:
    slots = Slots(1)
    await slots.take()
    slots.give(1)
    await slots.take()
    slots.claim(1)
    assert slots.taken == 2
    slots.give(1)
    with trio.move_on_after(0) as waiting:
        await slots.take()
    assert waiting.cancelled_caught


def test_jobs_share_the_places() -> None:
    slots = Slots(8)
    slots.join()
    assert slots.share == 8
    slots.join()
    slots.join()
    assert slots.share == 2
    slots.leave()
    assert slots.share == 4


async def test_a_switch_says_every_change_once() -> None:
    control, said = JobControl(), list[bool]()
    control.pause()
    with control.obeyed(said.append):
        control.pause()
        control.resume()
        control.resume()
        control.pause()
    control.resume()
    assert said == [True, False, True]
    await control.going()


async def test_threads_are_held_while_a_job_is_paused() -> None:
    control, held = JobControl(), trio.Event()
    control.pause()

    async def work() -> None:
        await trio.to_thread.run_sync(lambda: control.hold(ended=lambda: False))
        held.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        with trio.move_on_after(0.2) as early:
            await held.wait()
        assert early.cancelled_caught
        control.resume()
        with trio.fail_after(PATIENCE):
            await held.wait()
    control.pause()
    await trio.to_thread.run_sync(lambda: control.hold(ended=lambda: True))
