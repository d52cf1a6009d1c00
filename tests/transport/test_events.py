"""Events of a connection: after the answer that names them, behind answers, and cheap for a slow reader."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from sidecar.commands.limits import SUBSCRIPTIONS
from sidecar.services.events import EventHub, Subscription
from sidecar.transport.outbox import CROWDED_BYTES, CROWDED_MESSAGES, Outbox
from tests.harness.patience import PATIENCE
from tests.transport.desk import Desk, open_desk


async def subscribed(desk: Desk, *topics: str, **given: str) -> str:
    result = (await desk.answer("events.subscribe", {"topics": list(topics), **given}, "sub"))["result"]
    assert result["seq"] == 0
    return str(result["subscription"])


async def test_subscribe_hear_and_stop() -> None:
    async with open_desk() as desk:
        name = await subscribed(desk, "log", "render.state", jobId="j")
        desk.services.events.publish("log", {"n": 1})
        desk.services.events.publish("render.state", {"n": 2}, job_id="other")
        desk.services.events.publish("render.state", {"n": 3}, job_id="j")
        for seq, topic, number in ((1, "log", 1), (2, "render.state", 3)):
            params = {"subscription": name, "topic": topic, "seq": seq, "payload": {"n": number}}
            assert await desk.next() == {"jsonrpc": "2.0", "method": "$/event", "params": params}
        assert (await desk.answer("events.unsubscribe", {"subscription": name}))["result"] == {}
        desk.services.events.publish("log", {"n": 4})
        await trio.testing.wait_all_tasks_blocked()
        assert (await desk.answer("echo", {"last": 1}))["result"] == {"last": 1}


async def test_snapshots_come_with_the_answer() -> None:
    async with open_desk() as desk:
        desk.services.events.publish("render.progress", {"n": 1}, job_id="a")
        answer = await desk.answer("events.subscribe", {"topics": ["render.progress", "system", "log"]})
        assert answer["result"]["snapshots"] == {"render.progress": {"n": 1}, "system": None}


async def test_the_answer_comes_before_the_first_event() -> None:
    async with open_desk() as desk:
        async with trio.open_nursery() as nursery:

            async def publish() -> None:
                for number in range(100):
                    desk.services.events.publish("log", number)
                    await trio.lowlevel.checkpoint()

            nursery.start_soon(publish)
            desk.call("events.subscribe", {"topics": ["log"]})
            first = await desk.next()
        assert "subscription" in first["result"]


@pytest.mark.parametrize(
    ("params", "path"), [({"topics": []}, "/topics"), ({"topics": ["nope"]}, "/topics/0"), ({}, "/topics")]
)
async def test_topics_have_to_be_right(params: Any, path: str) -> None:
    async with open_desk() as desk:
        answer = await desk.answer("events.subscribe", params)
        assert answer["error"]["data"]["context"]["path"] == path


async def test_a_subscription_of_nobody_and_one_too_many() -> None:
    async with open_desk() as desk:
        answer = await desk.answer("events.unsubscribe", {"subscription": "s99"})
        assert answer["error"]["data"]["context"]["path"] == "/subscription"
        for _ in range(SUBSCRIPTIONS):
            await subscribed(desk, "log")
        refused = await desk.answer("events.subscribe", {"topics": ["log"]})
        assert refused["error"]["data"]["kind"] == "resourceLimit"


def outbox_of(hub: EventHub, topics: list[list[str]]) -> tuple[Outbox, list[Exception]]:
    errors: list[Exception] = []
    subscriptions: dict[str, Subscription] = {}
    box = Outbox(subscriptions, errors.append)
    for each in topics:
        subscription = hub.subscribe(each, wake=box.wake)
        subscriptions[subscription.name] = subscription
    return box, errors


async def test_answers_go_before_events_and_subscriptions_take_turns() -> None:
    hub = EventHub()
    box, _ = outbox_of(hub, [["log"], ["render.state"]])
    for _ in range(3):
        hub.publish("log", 1)
        hub.publish("render.state", 2)
    box.put(b"answer")
    assert await box.take() == [b"answer"]
    topics = [b"render.state" in each for each in await box.take()]
    assert topics == [False, True] * 3


async def test_an_event_that_cannot_be_written_is_reported_and_left_out() -> None:
    hub = EventHub()
    box, errors = outbox_of(hub, [["log"]])
    hub.publish("log", object())
    hub.publish("log", "good")
    (body,) = await box.take()
    assert b'"good"' in body
    assert [type(each) for each in errors] == [TypeError]


async def test_a_slow_reader_costs_little_and_still_gets_its_answers() -> None:
    hub = EventHub()
    box, _ = outbox_of(hub, [["render.progress"], ["log"]])
    for number in range(50_000):
        hub.publish("render.progress", {"n": number}, job_id="j")
        hub.publish("log", {"text": "x" * 100})
    assert len(box._bodies) == 0
    first = await box.take()
    assert sum(map(len, first)) < 100_000
    assert b'"n":49999' in first[0]
    box.put(b"answer")
    assert await box.take() == [b"answer"]


@pytest.mark.parametrize(("body", "count"), [(b"x" * 1_000_000, CROWDED_BYTES // 1_000_000), (b"x", CROWDED_MESSAGES)])
async def test_reading_stops_while_answers_are_not_read(body: bytes, count: int) -> None:
    box = Outbox({}, lambda _: None)
    for _ in range(count):
        box.put(body)
    with trio.fail_after(PATIENCE):
        await box.room()
    box.put(body)
    with trio.move_on_after(0.01) as scope:
        await box.room()
    assert scope.cancelled_caught
    while box.crowded:
        await box.take()
    with trio.fail_after(PATIENCE):
        await box.room()


async def test_closed_means_what_is_queued_and_then_the_end() -> None:
    hub = EventHub()
    box, _ = outbox_of(hub, [["log"]])
    box.put(b"a")
    hub.publish("log", 1)
    box.close()
    assert await box.take() == [b"a"]
    assert await box.take() == []
