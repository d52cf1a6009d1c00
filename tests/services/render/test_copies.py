"""How copying is shared out among workers, stopped and continued, and what of it is looked at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from protocol.errors import DiskFull
from sidecar.core.packets import CopySpan
from sidecar.ffmpeg.builder.staged import Cost
from sidecar.services.render import space
from sidecar.services.render.cells import Cell
from sidecar.services.render.control import JobControl, given_up_paused
from sidecar.services.render.copies import BATCH_BYTES, BATCH_SPANS, LOOKED_AT, batches, copied_bytes, looked_at
from sidecar.services.render.space import Ground, roomy

PATIENCE = 60.0


def span(first: int, end: int, *, path: str = "/one.mp4", size: int = 1000) -> CopySpan:
    return CopySpan(
        first=first,
        end=end,
        path=path,
        fingerprint="f",
        stream=0,
        packets=(first, end),
        source_first=first,
        start=first,
        time_base=Fraction(1, 25),
        rate=Fraction(25),
        codec="h264",
        sets="sets",
        bytes=size,
        delay=0,
        pointers=("/tracks/0/clips/0",),
    )


def cells(*copies: CopySpan | None) -> list[Cell]:
    """Cells of ten frames each, copied or encoded."""
    return [
        Cell(number, 10 * number, 10 * number + 10, f"key{number}", 10, Cost(0, 0, 0), copy=copy)
        for number, copy in enumerate(copies)
    ]


def test_a_worker_is_given_spans_of_one_stream_and_not_too_much() -> None:
    few = [span(0, 10), span(10, 20, path="/two.mp4"), span(20, 30), span(30, 40, path="/two.mp4")]
    assert batches(few) == [[0, 2], [1, 3]]
    many = [span(10 * number, 10 * number + 10) for number in range(2 * BATCH_SPANS + 1)]
    assert [len(batch) for batch in batches(many)] == [BATCH_SPANS, BATCH_SPANS, 1]
    large = [span(10 * number, 10 * number + 10, size=BATCH_BYTES // 2 + number) for number in range(3)]
    assert batches(large) == [[0], [1], [2]]
    assert batches([]) == []


def test_frames_are_decoded_at_some_joins_of_every_kind() -> None:
    alike: list[CopySpan | None] = []
    for number in range(20):
        alike += [None, span(number, number + 1)]
    chosen = looked_at(cells(*alike, None))
    assert len(chosen) == LOOKED_AT
    assert {1, 39} <= chosen
    mixed = [*alike, span(7, 8, path="/two.mp4"), None, span(8, 9, path="/two.mp4"), None]
    # The last of the one file has another neighbour now, and those of the other have others, too.
    assert {39, 40, 42} <= looked_at(cells(*mixed))
    assert looked_at(cells(None)) == frozenset()


async def test_what_cannot_be_stopped_is_given_up_when_the_job_is_paused_and_done_anew() -> None:
    control, begun, ended = JobControl(), list[int](), list[int]()
    started, proceed = trio.Event(), trio.Event()

    async def work() -> str:
        begun.append(len(begun))
        started.set()
        try:
            await proceed.wait()
        except trio.Cancelled:
            ended.append(len(begun))
            raise
        return "done"

    results = []

    async def task() -> None:
        results.append(await given_up_paused(control, work))

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(task)
            await started.wait()
            control.pause()
            started = trio.Event()
            await trio.testing.wait_all_tasks_blocked()
            assert (begun, ended) == ([0], [1])
            control.resume()
            await started.wait()
            proceed.set()
    assert (begun, ended, results) == ([0, 1], [1], ["done"])


async def test_a_job_that_is_paused_begins_no_work() -> None:
    control, begun = JobControl(), list[int]()
    control.pause()

    async def work() -> None:
        begun.append(1)

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(given_up_paused, control, work)
            await trio.testing.wait_all_tasks_blocked()
            assert begun == []
            control.resume()
    assert begun == [1]


def test_copied_bytes_count_as_often_as_they_are_written() -> None:
    twice = span(0, 10, size=500)
    film = cells(None, twice, span(20, 30, size=70))
    again = Cell(3, 30, 40, film[1].key, 10, Cost(0, 0, 0), copy=twice)
    assert copied_bytes([*film, again]) == (1070, 570)
    assert copied_bytes(cells(None)) == (0, 0)


def test_a_disk_needs_room_for_pieces_and_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, temp = tmp_path / "cache", tmp_path / "temp"
    for folder in (cache, temp):
        folder.mkdir()
    free: dict[Path, int] = {tmp_path: 2399, cache: 2399, temp: 5000}

    def free_space(folder: Path) -> int:
        return free[folder]

    monkeypatch.setattr(space, "free_space", free_space)
    target: dict[str, Any] = {"target": tmp_path / "out.mp4", "part": tmp_path / "out.part", "least": 100}
    ground = Ground(folders=(temp,), twice=1000, **target)
    with pytest.raises(DiskFull) as caught:
        ground.check(1000)
    assert (caught.value.needed, caught.value.free) == (2400, 2399)
    Ground(folders=(temp,), **target).check(1000)
    ground.check(None)
    free[tmp_path] = 2400
    ground.check(1000)
    assert roomy(cache, ground, 1000) == temp
    free[cache] = 2400
    assert roomy(cache, ground, 1000) == cache
