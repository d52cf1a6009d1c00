"""Progress: coalesced, never late."""

from __future__ import annotations

from typing import Any

import trio
from trio.testing import MockClock

from sidecar.transport.progress import Reporter
from tests.transport.desk import Desk, open_desk


def report(done: int) -> dict[str, Any]:
    return {"kind": "report", "done": done, "total": 1_000, "message": None}


async def until_answer(desk: Desk) -> tuple[list[Any], Any]:
    """Return the progress values before an answer, and the answer."""
    values = []
    while "id" not in (message := await desk.next()):
        assert message["method"] == "$/progress"
        values.append(message["params"])
    return values, message


async def test_nothing_without_a_token() -> None:
    async with open_desk() as desk:
        assert "result" in await desk.answer("steps", {"values": [report(1)]})


async def test_the_last_value_comes_before_the_answer_and_the_token_is_kept() -> None:
    async with open_desk() as desk:
        for token in ("t", 0, 7):
            desk.call("steps", {"values": [report(n) for n in range(100)], "progressToken": token})
            values, answer = await until_answer(desk)
            assert answer["result"] is None
            assert {each["token"] for each in values} == {token}
            assert [values[0]["value"]["done"], values[-1]["value"]["done"]] == [0, 99]
            assert len(values) == 2


async def test_at_most_twenty_a_second(autojump_clock: MockClock) -> None:
    async with open_desk() as desk:
        times: list[float] = []
        desk.call("steps", {"values": [report(n) for n in range(1_000)], "pause": 0.004, "progressToken": 1})
        last = None
        while "id" not in (message := await desk.next()):
            times.append(trio.current_time())
            last = message["params"]["value"]["done"]
        assert last == 999
        assert all(sum(start <= each < start + 1 for each in times) <= 20 for start in times)
        assert len(times) >= 4 * 18


async def test_a_value_that_waits_is_sent_when_its_time_comes(autojump_clock: MockClock) -> None:
    async with open_desk() as desk:
        desk.call("steps", {"values": [report(1), report(2)], "pause": 0.001, "progressToken": 1})
        await desk.next()
        start = trio.current_time()
        desk.call("steps", {"values": [report(1), report(2), {"kind": "end"}], "pause": 10, "progressToken": 2}, 2)
        values, _ = await until_answer(desk)
        assert trio.current_time() - start < 1 or len(values) >= 2


async def test_items_are_joined_and_none_is_lost() -> None:
    async with open_desk() as desk:
        begin = {"kind": "begin", "title": "t", "total": None}
        parts = [{"kind": "items", "items": [{"n": n}]} for n in range(50)]
        desk.call("steps", {"values": [begin, *parts, report(1), report(2), {"kind": "end"}], "progressToken": 1})
        values, _ = await until_answer(desk)
        sent = [each["value"] for each in values]
        assert [each["kind"] for each in sent] == ["begin", "items", "report", "end"]
        assert [each["n"] for each in sent[1]["items"]] == list(range(50))
        assert sent[2]["done"] == 2


async def test_while_the_client_is_behind_everything_waits(autojump_clock: MockClock) -> None:
    sent: list[bytes] = []
    crowded = True
    async with trio.open_nursery() as nursery:
        reporter = Reporter("t", sent.append, lambda: crowded, nursery.start_soon)
        reporter.report(report(1))
        await trio.sleep(5)
        reporter.report(report(2))
        assert sent == []
        crowded = False
        await trio.sleep(1)
        assert len(sent) == 1
        assert b'"done":2' in sent[0]
        reporter.finish()
    assert len(sent) == 1
