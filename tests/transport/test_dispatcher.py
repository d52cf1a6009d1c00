"""Requests of one connection: cancelling, duplicates, limits, phases, errors."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from protocol.events import SystemState
from sidecar.transport.limiters import Limiters
from tests.transport.desk import Desk, open_desk
from tests.transport.table import encoded

CANCELLED = -32800
INITIALIZE = {"protocol": 1, "client": {"name": "test", "version": "1"}}


def code(answer: dict[str, Any]) -> int:
    return int(answer["error"]["code"])


async def waiting(desk: Desk, name: str, id: Any, method: str = "wait") -> None:
    desk.call(method, {"name": name}, id)
    await desk.started(name)


@pytest.mark.parametrize("id", ["", "a", "1", 0, 1, -7, 1.5, 2**60, 10**30, None])
async def test_ids_come_back_unchanged_and_cancel_by_themselves(id: Any) -> None:
    async with open_desk() as desk:
        assert await desk.answer("echo", {"x": 1}, id) == {"jsonrpc": "2.0", "id": id, "result": {"x": 1}}
        await waiting(desk, "a", id)
        desk.cancel(id)
        answer = await desk.next()
        assert (answer["id"], code(answer), answer["error"]["data"]["kind"]) == (id, CANCELLED, "cancelled")
        assert answer["error"]["data"]["context"] == {"reason": "requested"}


async def test_one_is_not_the_word_one() -> None:
    async with open_desk() as desk:
        await waiting(desk, "number", 1)
        await waiting(desk, "word", "1")
        desk.cancel("1")
        assert (await desk.next())["id"] == "1"
        assert desk.connection.in_flight == 1
        desk.services.gate("number").set()
        assert (await desk.next())["result"] == {"name": "number"}


async def test_a_cancel_for_nobody_is_ignored() -> None:
    async with open_desk() as desk:
        await waiting(desk, "a", 1)
        for params in ({"id": 99}, {"id": [1]}, {}, [1]):
            desk.send(encoded("$/cancelRequest", params))
        desk.send(encoded("$/somethingNew", {"x": 1}), encoded("initialized", {}))
        desk.services.gate("a").set()
        assert (await desk.next())["result"] == {"name": "a"}
        desk.cancel(1)
        assert (await desk.answer("get_data", id=2))["id"] == 2


async def test_a_request_that_waits_for_its_turn_is_cancelled_too() -> None:
    async with open_desk(limiters=Limiters(jobs=trio.CapacityLimiter(1))) as desk:
        await waiting(desk, "first", 1, "waitJob")
        desk.call("waitJob", {"name": "second"}, 2)
        await trio.testing.wait_all_tasks_blocked()
        desk.cancel(2)
        assert code(await desk.next()) == CANCELLED
        assert desk.services.started == ["first"]


async def test_a_cancel_in_the_same_breath_as_its_request() -> None:
    async with open_desk() as desk:
        desk.call("wait", {"name": "a"}, 1)
        desk.cancel(1)
        assert code(await desk.next()) == CANCELLED


async def test_the_result_wins_when_it_exists_first() -> None:
    async with open_desk() as desk:
        await waiting(desk, "a", 1, "finishFirst")
        desk.cancel(1)
        desk.services.gate("a").set()
        assert (await desk.next())["result"] == {"name": "a"}
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()


async def test_every_race_is_answered_once() -> None:
    async with open_desk() as desk:
        for number in range(200):
            name = f"race{number}"
            desk.call("wait", {"name": name}, number)
            for _ in range(number % 4):
                await trio.lowlevel.checkpoint()
            if number % 2:
                desk.services.gate(name).set()
                desk.cancel(number)
            else:
                desk.cancel(number)
                desk.services.gate(name).set()
            answer = await desk.next()
            assert answer["id"] == number
            assert answer.get("result") == {"name": name} or code(answer) == CANCELLED
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()
        assert desk.connection.in_flight == 0


async def test_what_goes_wrong_while_cancelling_is_still_cancelled() -> None:
    async with open_desk() as desk:
        await waiting(desk, "a", 1, "stumble")
        desk.cancel(1)
        desk.cancel(1)
        assert code(await desk.next()) == CANCELLED


async def test_an_id_in_flight_is_refused_and_the_first_goes_on() -> None:
    async with open_desk() as desk:
        await waiting(desk, "a", 1)
        refused = await desk.answer("echo", {}, 1)
        assert (refused["id"], code(refused)) == (1, -32600)
        desk.services.gate("a").set()
        assert (await desk.next())["result"] == {"name": "a"}
        assert (await desk.answer("echo", {}, 1))["result"] == {}


async def test_busy_beyond_the_limit_and_free_again() -> None:
    async with open_desk(limit=3) as desk:
        for number in range(3):
            await waiting(desk, f"n{number}", number)
        refused = await desk.answer("echo", {}, "more")
        assert code(refused) == -32009
        assert refused["error"]["data"]["context"] == {"limit": 3, "inFlight": 3}
        assert refused["error"]["data"]["retryable"] is True
        assert (await desk.answer("get_data", id="inline"))["result"] == ["hello", 5]
        desk.services.gate("n1").set()
        assert (await desk.next())["id"] == 1
        assert (await desk.answer("echo", {}, "now"))["result"] == {}


async def test_interactive_requests_do_not_wait_behind_jobs_and_probes() -> None:
    one = trio.CapacityLimiter
    limiters = Limiters(interactive=one(1), previews=one(1), jobs=one(1), probe=one(1))
    async with open_desk(limiters=limiters) as desk:
        for number in range(3):
            desk.call("waitJob", {"name": f"job{number}"}, f"job{number}")
            desk.call("waitProbe", {"name": f"probe{number}"}, f"probe{number}")
            desk.call("waitPreview", {"name": f"preview{number}"}, f"preview{number}")
        await trio.testing.wait_all_tasks_blocked()
        assert sorted(desk.services.started) == ["job0", "preview0", "probe0"]
        assert (await desk.answer("echo", {"fast": 1}, "i"))["result"] == {"fast": 1}


@pytest.mark.parametrize(
    ("params", "path", "detail"),
    [
        ({"items": [{"a": 1}, {"a": "x"}]}, "/items/1", "Expected `int`, got `str`"),
        ({"itms": []}, "/itms", "Object contains unknown field `itms`"),
        ({"a/b~c": 1}, "/a~1b~0c", "Object contains unknown field `a/b~c`"),
        ({"limit": 1.5}, "/limit", "Expected `int`, got `float`"),
        ([1], "", "Expected `object`, got `array`"),
    ],
)
async def test_params_are_strict_and_a_pointer_says_where(params: Any, path: str, detail: str) -> None:
    async with open_desk() as desk:
        answer = await desk.answer("bound", params)
        assert code(answer) == -32602
        assert answer["error"]["data"]["context"] == {"detail": detail, "path": path}


async def test_a_method_that_is_not_there_names_the_nearest() -> None:
    async with open_desk() as desk:
        answer = await desk.answer("subtrakt", {})
        assert answer["error"]["data"]["context"] == {"method": "subtrakt", "nearest": "subtract"}
        assert code(await desk.answer("$/what", {})) == -32601


async def test_typed_errors_carry_their_kind_context_and_trace() -> None:
    async with open_desk() as desk:
        error = (await desk.answer("missing", {"name": "/no"}))["error"]
        assert (error["code"], error["data"]["kind"], error["data"]["context"]) == (
            1201,
            "mediaNotFound",
            {"path": "/no"},
        )
        assert len(error["data"]["traceId"]) == 16


async def test_errors_of_a_nursery_are_unwrapped_and_what_they_came_from_is_a_cause() -> None:
    async with open_desk() as desk:
        data = (await desk.answer("grouped", {}))["error"]["data"]
        assert data["kind"] == "outputUnwritable"
        assert [(each["kind"], each["context"]) for each in data["causes"]] == [("mediaNotFound", {"path": "inner"})]


@pytest.mark.parametrize(("method", "error"), [("fail", ZeroDivisionError), ("unsendable", TypeError)])
async def test_faults_of_ours_are_logged_and_kept_from_the_wire(method: str, error: type[Exception]) -> None:
    async with open_desk() as desk:
        answer = await desk.answer(method, {})
        assert (code(answer), answer["error"]["data"]["kind"]) == (-32603, "internal")
        assert "secret" not in str(answer)
        (line,) = [each for each in desk.services.log.lines if each["level"] == "error"]
        assert line["trace_id"] == answer["error"]["data"]["traceId"]
        assert isinstance(line["exc_info"], error)


async def test_before_initialize_only_what_may_be() -> None:
    async with open_desk(initialized=False) as desk:
        assert code(await desk.answer("echo", {})) == -32002
        assert code(await desk.answer("shutdown", {})) == -32002
        assert code(await desk.answer("nowhere", {})) == -32002
        assert "methods" in (await desk.answer("rpc.discover"))["result"]
        assert (await desk.answer("initialize", INITIALIZE))["result"] == {"protocol": 1}
        assert (await desk.answer("echo", {}))["result"] == {}
        assert code(await desk.answer("initialize", INITIALIZE)) == -32600


async def test_what_comes_while_initialize_is_served_waits_for_it() -> None:
    async with open_desk(initialized=False) as desk:
        desk.call("initialize", {**INITIALIZE, "client": {"name": "slow", "version": "1"}}, 1)
        desk.call("echo", {"early": 1}, 2)
        assert code(await desk.answer("initialize", INITIALIZE, 3)) == -32600
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()
        desk.services.gate("initialize").set()
        assert (await desk.next())["id"] == 1
        assert (await desk.next())["result"] == {"early": 1}


async def test_an_initialize_that_fails_can_be_tried_again() -> None:
    async with open_desk(initialized=False) as desk:
        desk.call("initialize", {**INITIALIZE, "client": {"name": "refused", "version": "1"}}, 1)
        desk.call("echo", {}, 2)
        assert code(await desk.next()) == 1201
        assert code(await desk.next()) == -32002
        assert (await desk.answer("initialize", INITIALIZE, 3))["result"] == {"protocol": 1}


async def test_shutdown_drains_and_then_refuses() -> None:
    async with open_desk() as desk:
        await waiting(desk, "a", 1)
        desk.call("shutdown", {}, 2)
        assert code(await desk.answer("echo", {}, 3)) == 1002
        assert code(await desk.answer("shutdown", {}, 4)) == 1002
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()
        desk.services.gate("a").set()
        assert (await desk.next())["result"] == {"name": "a"}
        assert await desk.next() == {"jsonrpc": "2.0", "id": 2, "result": {}}
        assert code(await desk.answer("rpc.discover", {}, 5)) == 1002
        assert desk.services.events.snapshot("system") == SystemState(state="shuttingDown", detail=None)


async def test_a_shutdown_with_wrong_params_shuts_nothing_down() -> None:
    async with open_desk() as desk:
        assert code(await desk.answer("shutdown", {"x": 1})) == -32602
        assert (await desk.answer("echo", {}))["result"] == {}


@pytest.mark.parametrize("initialized", [True, False])
async def test_exit_is_answered_as_a_request_and_not_as_a_notification(initialized: bool) -> None:  # noqa: FBT001
    async with open_desk(initialized=initialized) as desk:
        desk.send(encoded("exit"), encoded("exit"))
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()
        assert len(desk.quits) == 2
        assert (await desk.answer("exit", {}, 9))["result"] == {}


async def test_notifications_are_never_answered() -> None:
    async with open_desk() as desk:
        desk.send(encoded("echo", {}), encoded("fail", {}), encoded("exit", {"bad": 1}), encoded("nowhere"))
        desk.send(b'[{"jsonrpc":"2.0","method":"update"}]')
        await trio.testing.wait_all_tasks_blocked()
        assert desk.silent()
        assert desk.quits == []


async def test_a_batch_is_answered_in_one_piece_when_all_are_done() -> None:
    async with open_desk() as desk:
        wait, echo = encoded("wait", {"name": "a"}, 1), encoded("echo", {}, 2)
        desk.send(b"[" + wait + b"," + echo + b"," + encoded("echo", {}) + b"]")
        await desk.started("a")
        desk.cancel(1)
        answers = {each["id"]: each for each in await desk.next()}
        assert code(answers[1]) == CANCELLED
        assert answers[2]["result"] == {}


@pytest.mark.parametrize(("count", "taken"), [(100, True), (101, False)])
async def test_a_batch_holds_a_hundred(count: int, taken: bool) -> None:  # noqa: FBT001
    async with open_desk() as desk:
        desk.send(b"[" + b",".join(encoded("echo", {}, number) for number in range(count)) + b"]")
        answer = await desk.next()
        if taken:
            assert len(answer) == count
        else:
            assert (answer["id"], code(answer)) == (None, -32600)


async def test_an_answer_to_nothing_is_refused_without_its_id() -> None:
    async with open_desk() as desk:
        desk.send(b'{"jsonrpc":"2.0","id":1,"result":{}}')
        answer = await desk.next()
        assert (answer["id"], code(answer)) == (None, -32600)


async def test_handlers_log_under_the_trace_id_of_their_request() -> None:
    async with open_desk() as desk:
        answer = await desk.answer("fail", {})
        again = await desk.answer("fail", {})
        traces = [each["trace_id"] for each in desk.services.log.lines if each["level"] == "error"]
        assert traces == [each["error"]["data"]["traceId"] for each in (answer, again)]
        assert traces[0] != traces[1]


async def test_requests_begin_in_the_order_in_which_they_came() -> None:
    async with open_desk() as desk:
        for attempt in range(20):
            names = [f"{attempt}.{number}" for number in range(30)]
            for name in names:
                desk.call("wait", {"name": name}, name)
            await desk.started(*names)
            assert desk.services.started[-30:] == names
            for name in names:
                desk.services.gate(name).set()
            for _ in names:
                await desk.next()
