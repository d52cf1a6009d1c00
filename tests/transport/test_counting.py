"""What connections count: operations with planted durations and errors, and queues of planted lengths."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from sidecar.core.spans import Traced
from sidecar.services.monitoring.meter import Queue
from sidecar.transport import dispatcher, limiters
from sidecar.transport.limiters import Limiters
from tests.transport.desk import open_desk


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


async def test_a_request_lasts_from_its_coming_to_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(dispatcher, "perf_counter", clock)
    async with open_desk() as desk:
        await desk.answer("echo", {})
        for number, seconds in enumerate((0.5, 2.0, 0.125)):
            desk.call("wait", {"name": f"n{number}"}, number)
            await desk.started(f"n{number}")
            assert desk.services.meter.active() == {"wait": 1}
            clock.now += seconds
            desk.services.gate(f"n{number}").set()
            await desk.next()
        found = desk.services.meter.operations["wait"]
        assert (found.count, found.least, found.seconds) == (3, 0.125, 2.625)
        assert [slow.seconds for slow in found.slowest] == [0.125, 0.5, 2.0]
        spread = found.durations.spread()
        assert spread is not None
        assert (spread.max, spread.samples) == (2.0, 3)
        assert desk.services.meter.active() == {}


async def test_ends_are_counted_by_the_kind_of_their_error_under_the_trace_that_the_client_has() -> None:
    async with open_desk(limit=1) as desk:
        meter = desk.services.meter
        error = (await desk.answer("missing", {"name": "/no"}))["error"]
        await desk.answer("fail", {})
        await desk.answer("bound", {"limit": "x"})
        desk.call("wait", {"name": "a"}, 7)
        await desk.started("a")
        await desk.answer("echo", {}, 8)
        desk.cancel(7)
        await desk.next()
        await desk.answer("nowhere", {})
        desk.send(b"nonsense")
        await desk.next()
        assert {name: dict(operation.errors) for name, operation in meter.operations.items()} == {
            "missing": {"mediaNotFound": 1},
            "fail": {"internal": 1},
            "bound": {"invalidParams": 1},
            "wait": {"cancelled": 1},
            "echo": {"busy": 1},
        }
        assert meter.refused == {"methodNotFound": 1, "parse": 1}
        assert (meter.ok, meter.faults) == (0, 1)
        last = meter.operations["missing"].last_error
        assert last is not None
        assert (last.trace_id, last.message) == (error["data"]["traceId"], error["message"])


async def test_queues_are_as_long_as_they_are_and_waits_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(limiters, "perf_counter", clock)
    async with open_desk(limiters=Limiters(jobs=trio.CapacityLimiter(2))) as desk:
        meter = desk.services.meter
        await desk.answer("echo", {})
        for number in range(5):
            desk.call("waitJob", {"name": f"n{number}"}, number)
            await trio.testing.wait_all_tasks_blocked()
            clock.now += 1.0
        assert meter.queues["jobs"]() == Queue(depth=3, running=2, limit=2, oldest=3.0)
        assert meter.queues["probe"]().depth == 0
        for number in range(5):
            desk.services.gate(f"n{number}").set()
        for _ in range(5):
            await desk.next()
        assert meter.queues["jobs"]() == Queue(depth=0, running=0, limit=2, oldest=None)
        assert meter.at_once["jobs"] == 2
        waits: Any = meter.waits["jobs"]
        assert (waits.count, waits.sum) == (3, 6.0)


async def test_messages_and_connections_are_counted() -> None:
    async with open_desk() as desk:
        for _ in range(4):
            await desk.answer("echo", {})
        desk.send(b'{"jsonrpc":"2.0","method":"unheard"}')
        meter = desk.services.meter
        assert (len(meter.lines), meter.received, meter.sent) == (1, 5, 4)
        desk.connection.leave()
        assert (len(meter.lines), meter.received, meter.sent) == (0, 5, 4)


async def test_what_a_request_spent_its_time_on_is_told_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, told = Clock(), list[Traced]()
    monkeypatch.setattr(dispatcher, "perf_counter", clock)
    async with open_desk(limiters=Limiters(jobs=trio.CapacityLimiter(1))) as desk:
        await desk.answer("echo", {})
        desk.services.meter.tracers.append(told.append)
        for name in ("a", "b"):
            desk.call("waitJob", {"name": name}, name)
        await desk.started("a")
        clock.now += 2.0
        desk.services.gate("a").set()
        answered = [await desk.next()]
        await desk.started("b")
        clock.now += 0.5
        desk.services.gate("b").set()
        answered.append(await desk.next())
        answered.append(await desk.answer("missing", {"name": "/no"}))
        assert [answer["id"] for answer in answered] == ["a", "b", 1]
        assert [(each.name, each.ended - each.began, each.kind) for each in told] == [
            ("waitJob", 2.0, None),
            ("waitJob", 2.5, None),
            ("missing", 0.0, "mediaNotFound"),
        ]
        assert [each.totals["queue"] for each in told] == [(1, 0.0), (1, 2.0), (1, 0.0)]
        assert all(each.totals["decode"] == (1, 0.0) for each in told)
        assert told[2].trace_id == answered[2]["error"]["data"]["traceId"]
        desk.services.meter.tracers.clear()
        await desk.answer("echo", {})
        assert len(told) == 3
