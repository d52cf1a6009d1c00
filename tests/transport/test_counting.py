"""What connections count: operations with planted durations and errors, and queues of planted lengths."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

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
