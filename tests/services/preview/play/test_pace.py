"""The clock of a play."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from sidecar.services.preview.play.pace import LEAD, Pace
from sidecar.services.resources import Live

FRAME = 0.04


async def test_frames_are_made_a_little_ahead_of_the_reader(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b")
    pace = Pace(live)
    made: list[float] = []

    async def make() -> None:
        for number in range(100):
            await pace.until(number * FRAME)
            made.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(make)
        await trio.sleep(50)
        # Nobody has come: only what it takes to begin.
        assert len(made) * FRAME == pytest.approx(LEAD, abs=FRAME)
        assert pace.elapsed == 0
        reader = live.take()
        began = trio.current_time()
        await trio.sleep(1)
        assert pace.elapsed == pytest.approx(1)
    assert reader is not None
    for number, at in enumerate(made):
        assert at <= began or at == pytest.approx(began + number * FRAME - LEAD)


async def test_a_reader_that_runs_dry_stands_still(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b")
    pace = Pace(live)
    live.take()
    await pace.until(1.0)
    assert pace.elapsed == pytest.approx(1 - LEAD)
    await trio.sleep(10)
    # What is made next was not made in time: it is played from then on.
    assert pace.elapsed == pytest.approx(1)
    await pace.until(1.0)
    assert pace.elapsed == pytest.approx(1)
    before = trio.current_time()
    await pace.until(1.0 + LEAD + 1)
    assert trio.current_time() - before == pytest.approx(1)


async def test_the_clock_stands_while_the_reader_takes_nothing(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b", ahead=1)
    pace = Pace(live)
    reader = live.take()
    assert reader is not None
    await pace.until(0.5)
    before = pace.elapsed

    async def write() -> None:
        await live.write(b"xx")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await trio.sleep(60)
        assert pace.elapsed == pytest.approx(before)
        await reader.read()
    pace.finish(2.0)
    await trio.sleep(1)
    assert pace.elapsed == pytest.approx(before + 1)
    await trio.sleep(60)
    assert pace.elapsed == pytest.approx(2.0)
    pace.finish(3.0)
    pace.end()
    assert pace.elapsed == 3.0
