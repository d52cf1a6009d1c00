"""Looks once a second: what they hold, when they are taken, and who hears of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from protocol.errors import Timeout
from sidecar.core.monitoring.series import SERIES, series_of
from sidecar.services.monitoring import sampler
from sidecar.services.monitoring.graphics import AGAIN, EVERY, CardMeter
from sidecar.services.monitoring.lag import LagMeter
from sidecar.services.monitoring.meter import Meter, Queue
from sidecar.services.monitoring.processes import Named
from sidecar.services.monitoring.readings import readings_of
from sidecar.services.monitoring.sample import CacheLook, Pipeline, Sample
from sidecar.services.monitoring.sampler import Meters, Sampler, Sources
from tests.harness.patience import PATIENCE
from tests.services.gpu.test_cards import nvml, unsupported
from tests.services.monitoring.samples import QUIET, sample
from tests.transport.table import FakeLog


class Log(FakeLog):
    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})


class Planted:
    """A sampler whose sources and clock a test sets."""

    def __init__(self) -> None:
        self.meter = Meter()
        self.now = 100.0
        self.children: list[Named] = []
        self.crashes = 0
        self.pipelines: list[Pipeline] = []
        self.cache = CacheLook()
        self.threads: list[str] = []
        sources = Sources(
            meter=self.meter,
            children=lambda: self.children,
            started=lambda: {"render": self.crashes, "probe": 5},
            crashed=lambda: {"render": self.crashes, "probe": 0},
            pipelines=lambda: self.pipelines,
            cache=lambda: self.cache,
        )
        machine: Any = SimpleNamespace(look=lambda _: QUIET.machine)
        processes: Any = SimpleNamespace(own=lambda *_: QUIET.process, children=lambda *_: ())
        cards: Any = SimpleNamespace(look=lambda *_: ())
        self.machine = machine
        self.log = Log()
        logger: Any = self.log
        self.sampler = Sampler(sources, Meters(machine, processes, cards), logger, lambda: self.now)

    async def look(self, passed: float = 1.0) -> Sample:
        self.now += passed
        return await self.sampler.look()


async def test_counts_of_the_last_minute_and_rates_of_the_last_second() -> None:
    planted = Planted()
    for number in range(40):
        planted.meter.ended("media.probe", 0.2, "timeout" if number % 4 == 0 else None)
    first = await planted.look()
    assert (first.ended.whole, first.ended.part, first.rates) == (40, 10, None)
    assert first.response is not None
    assert first.response.p95 == pytest.approx(0.2, rel=0.03)
    for _ in range(30):
        planted.meter.ended("media.probe", 2.0)
    second = await planted.look(2.0)
    assert (second.ended.whole, second.ended.part) == (70, 10)
    assert second.rates is not None
    assert second.rates.operations == 15.0
    assert second.response is not None
    assert second.response.p95 == pytest.approx(2.0, rel=0.03)
    later = await planted.look(57.5)
    assert (later.ended.whole, later.ended.part) == (30, 0)
    last = await planted.look(5.0)
    assert (last.ended.whole, last.response) == (0, None)


async def test_a_job_that_does_not_advance_stands() -> None:
    planted = Planted()
    planted.children = [Named(1, "render", "a"), Named(2, "render", "b")]
    planted.pipelines = [Pipeline("a", "picture", 25.0, (10, 0.1, 5)), Pipeline("b", "sound", None, (0, 0.0, 0))]
    await planted.look()
    planted.pipelines = [Pipeline("a", "picture", 24.0, (20, 0.2, 5)), Pipeline("b", "sound", None, (0, 0.0, 0))]
    looks = (await planted.look(2.0)).pipelines
    assert [(each.job_id, each.stood) for each in looks] == [("a", 0.0), ("b", 2.0)]
    # A night in which nobody looked is no time in which they stood.
    looks = (await planted.look(30_000.0)).pipelines
    assert [each.stood for each in looks] == [0.0, 2.0]
    looks = (await planted.look(2.0)).pipelines
    assert [each.stood for each in looks] == [2.0, 4.0]
    # Joining tells of no progress.
    planted.pipelines[1] = Pipeline("b", "joining", None, (0, 0.0, 0))
    looks = [await planted.look(2.0) for _ in range(3)][-1].pipelines
    assert [(each.job_id, each.stood) for each in looks] == [("a", 8.0), ("b", 0.0)]
    assert readings_of(await planted.look()).values["render.stalled"] == 9.0
    # It waits for a place: nothing of it works that could stand.
    planted.children = []
    assert readings_of(await planted.look()).values["render.stalled"] == 0.0
    planted.children = [Named(3, "render", "a")]
    assert [readings_of(await planted.look(2.0)).values["render.stalled"] for _ in range(2)] == [2.0, 4.0]
    planted.pipelines = []
    assert readings_of(await planted.look()).values["render.stalled"] == 0.0


async def test_crashes_are_remembered_for_five_minutes_and_a_gap_is_told() -> None:
    planted = Planted()
    assert (await planted.look()).gap
    planted.crashes = 2
    assert [((look := await planted.look(passed)).crashes, look.gap) for passed in (1.0, 2.6, 290.0, 10.0)] == [
        (2, False),
        (2, True),
        (2, True),
        (0, True),
    ]


async def test_lookups_of_all_kinds_are_one_ratio() -> None:
    planted = Planted()
    planted.cache = CacheLook({"frames": (30, 10), "segments": (0, 10)})
    first = readings_of(await planted.look())
    assert (first.values["cache.hitRatio"], first.samples["cache.hitRatio"]) == (0.6, 50)
    planted.cache = CacheLook({"frames": (30, 20), "segments": (5, 10)})
    assert "cache.hitRatio" not in readings_of(await planted.look(61.0)).values


def test_every_number_has_its_name_and_what_was_not_measured_has_none() -> None:
    full = readings_of(
        sample(
            queues={"render": Queue(3, 1, 2, 9.0), "interactive": Queue(2, 32, 32, 0.5)},
            pipelines=[
                Pipeline("a", "picture", 20.0, (1, 0.1, 1), 3.0),
                Pipeline("b", "sound", None, (1, 0.1, 1), 1.0),
            ],
            gpus=CardMeter(nvml()).look(1.0),
        )
    ).values
    assert all(series_of(name) is not None for name in full)
    assert full["queues.depth"] == 5
    assert full["queues.oldest"] == 0.5
    assert (full["render.queued"], full["render.running"], full["render.stalled"]) == (3, 1, 3.0)
    assert full["render.framesPerSecond"] == 20.0
    assert (full["gpu.memory"], full["gpu0.memory"], full["gpu.power"]) == (0.125, 0.125, 71.5)
    bare = set(readings_of(sample()).values)
    assert not {name for name in bare if name.startswith("gpu")}
    assert not bare & {"operations.errorRatio", "operations.responseTime", "process.loopLag"}
    assert "gpu9.memory" not in SERIES
    assert series_of("gpu9.memory") is None
    assert series_of("gpu1.nonsense") is None


def counting(count: list[str], **changes: Any) -> Any:
    def note(name: str) -> Callable[[], None]:
        return lambda: count.append(name)

    return nvml(nvmlInit=note("init"), nvmlShutdown=note("shutdown"), **changes)


def test_the_driver_is_opened_once_and_asked_every_two_seconds() -> None:
    calls: list[str] = []
    meter = CardMeter(counting(calls))
    ((card,), again, later) = (meter.look(10.0), meter.look(11.0), meter.look(10.0 + EVERY))
    assert (card.memory_used, card.power) == (2**30, 71.5)
    assert again[0] is card
    assert later[0] is not card
    assert calls == ["init"]
    meter.close()
    assert calls == ["init", "shutdown"]


def test_a_driver_that_fails_is_absent_and_looked_for_again() -> None:
    calls: list[str] = []
    library = counting(calls)
    meter = CardMeter(library)
    assert len(meter.look(0.0)) == 1
    library.nvmlDeviceGetCount = unsupported
    assert meter.look(5.0) == ()
    assert calls == ["init", "shutdown"]
    library.nvmlDeviceGetCount = lambda: 2
    assert meter.look(6.0) == ()
    assert len(meter.look(5.0 + AGAIN)) == 2


def test_where_there_is_no_driver_the_library_is_left_alone() -> None:
    calls: list[str] = []
    meter = CardMeter(counting(calls), likely=lambda: False)
    assert meter.look(0.0) == ()
    assert calls == []


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Planted]:
    """Return what makes a sampler on trio's clock, which jumps in a test that asks for it."""

    async def inline(look: Callable[..., Any], *given: Any, **_: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return look(*given)

    def planted() -> Planted:
        found = Planted()
        offset = 100.25 - trio.current_time()
        found.sampler._clock = lambda: trio.current_time() + offset
        return found

    # A clock that jumps when all tasks wait does not wait for threads.
    monkeypatch.setattr(trio.to_thread, "run_sync", inline)
    return planted


async def test_a_look_that_fails_is_told_once_and_tried_again(
    autojump_clock: MockClock, jumping: Callable[[], Planted]
) -> None:
    planted = jumping()
    heard: list[int] = []
    refused = iter((OSError(24, "Too many open files"),) * 3)

    def look(_: float) -> Any:
        for error in refused:
            raise error
        return QUIET.machine

    def broken(_: Sample) -> None:
        raise RuntimeError("a listener")

    planted.machine.look = look
    planted.sampler.listen(broken)
    planted.sampler.listen(lambda look: heard.append(int(look.tick)))
    with trio.move_on_after(5.5):
        await planted.sampler.run()
    assert heard == [104, 105]
    assert [line["what"] for line in planted.log.lines] == ["look", "listener 0"]


async def test_those_who_ask_at_once_get_one_look() -> None:
    planted = Planted()
    looks: list[Sample] = []

    async def ask() -> None:
        looks.append(await planted.sampler.fresh())

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert len(looks) == 5
    assert all(look is looks[0] for look in looks)


async def test_a_folder_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "LONGEST", 0.05)
    planted, gone, inside = Planted(), threading.Event(), []

    def hang(_: float) -> Any:
        inside.append(1)
        gone.wait(PATIENCE)
        return QUIET.machine

    with trio.fail_after(PATIENCE):
        try:
            planted.machine.look = hang
            for _ in range(2):
                with pytest.raises(Timeout):
                    await planted.sampler.fresh()
            # The meters are never in two threads.
            assert len(inside) == 1
        finally:
            gone.set()
        monkeypatch.setattr(sampler, "LONGEST", PATIENCE)
        first = await planted.look()
        gone.clear()
        monkeypatch.setattr(sampler, "LONGEST", 0.05)
        try:
            planted.now += 5.0
            assert await planted.sampler.fresh() is first
        finally:
            gone.set()


def test_a_block_counts_for_each_wake_that_it_swallowed() -> None:
    meter = LagMeter()
    for _ in range(590):
        meter.add(0.001)
    meter.add(1.05)
    spread = meter.lags.spread()
    assert spread is not None
    assert spread.samples == 601
    assert spread.p99 == pytest.approx(0.45, rel=0.03)
    meter.add(100_000.0)
    assert meter.lags.count == 601 + 600


async def test_looks_are_taken_at_whole_seconds_and_heard_in_order(
    autojump_clock: MockClock, jumping: Callable[[], Planted]
) -> None:
    planted = jumping()
    heard: list[tuple[str, float]] = []
    planted.sampler.listen(lambda look: heard.append(("one", look.tick)))
    planted.sampler.listen(lambda look: heard.append(("two", look.tick)))
    with trio.move_on_after(3.5):
        await planted.sampler.run()
    assert [(name, int(tick)) for name, tick in heard] == [(n, s) for s in (101, 102, 103) for n in ("one", "two")]
    assert all(tick % 1 < 0.1 for _, tick in heard)
    assert planted.sampler.last is not None
