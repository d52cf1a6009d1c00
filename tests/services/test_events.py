"""The event hub: filters, numbering, slow readers, snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.events import Event
from sidecar.services.events import KEPT_WAITING, OTHER_WAITING, SNAPSHOTS, EventHub, Subscription


def taken(subscription: Subscription) -> list[Event]:
    events = []
    while (event := subscription.take()) is not None:
        events.append(event)
    return events


def payloads(subscription: Subscription) -> list[Any]:
    return [event.payload for event in taken(subscription)]


def test_everything_of_its_topics_in_order_numbered_from_one() -> None:
    hub = EventHub()
    subscription = hub.subscribe(["render.state", "project.changed"])
    other = hub.subscribe(["log"])
    for number in range(3):
        hub.publish("render.state", number, job_id="j")
        hub.publish("project.changed", -number, project_id="p")
    events = taken(subscription)
    assert [event.payload for event in events] == [0, 0, 1, -1, 2, -2]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert {event.subscription for event in events} == {subscription.name}
    assert events[0].topic == "render.state"
    assert taken(other) == []


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, ["p", "q", "j", "none"]),
        ({"project_id": "p"}, ["p", "j", "none"]),
        ({"job_id": "j"}, ["p", "q", "j", "none"]),
        ({"job_id": "other"}, ["p", "q", "none"]),
        ({"project_id": "q", "job_id": "j"}, ["q", "none"]),
    ],
)
def test_filters_keep_what_concerns_nothing_in_particular(given: dict[str, Any], wanted: list[str]) -> None:
    hub = EventHub()
    subscription = hub.subscribe(["project.changed"], **given)
    hub.publish("project.changed", "p", project_id="p")
    hub.publish("project.changed", "q", project_id="q")
    hub.publish("project.changed", "j", project_id="p", job_id="j")
    hub.publish("project.changed", "none")
    assert payloads(subscription) == wanted


def test_what_is_for_one_reader_is_told_to_no_other() -> None:
    hub = EventHub()
    here, there = object(), object()
    own, other, everything = (hub.subscribe(["play.state"], reader=reader) for reader in (here, there, None))
    hub.publish("play.state", "shared", job_id="a")
    hub.publish("play.state", "own", job_id="b", only=here)
    assert payloads(own) == payloads(everything) == ["shared", "own"]
    assert payloads(other) == ["shared"]
    assert [hub.snapshot("play.state", reader=each) for each in (here, there, None)] == ["own", "shared", "own"]
    assert hub.snapshot("play.state", job_id="b", reader=there) is None


def test_a_slow_reader_gets_the_latest_state_of_each_thing_and_no_gap() -> None:
    hub = EventHub()
    subscription = hub.subscribe(["render.progress", "settings.changed"])
    for number in range(1_000):
        hub.publish("render.progress", ("a", number), job_id="a")
        hub.publish("render.progress", ("b", number), job_id="b")
    hub.publish("settings.changed", "s")
    events = taken(subscription)
    assert [event.payload for event in events] == [("a", 999), ("b", 999), "s"]
    assert [event.seq for event in events] == [1, 2, 3]
    hub.publish("render.progress", ("a", 1_000), job_id="a")
    assert payloads(subscription) == [("a", 1_000)]


@pytest.mark.parametrize("topic", ["log", "render.state"])
def test_kept_topics_lose_nothing_below_ten_thousand(topic: str) -> None:
    hub = EventHub()
    subscription = hub.subscribe([topic, "project.changed"])
    for number in range(KEPT_WAITING):
        hub.publish(topic, number)
    for number in range(2 * OTHER_WAITING):
        hub.publish("project.changed", number)
    events = taken(subscription)
    assert [event.payload for event in events if event.topic == topic] == list(range(KEPT_WAITING))
    assert [event.payload for event in events if event.topic != topic] == list(range(OTHER_WAITING, 2 * OTHER_WAITING))


def test_what_is_dropped_leaves_a_gap() -> None:
    hub = EventHub()
    subscription = hub.subscribe(["log"])
    hub.publish("log", "first")
    assert [event.seq for event in taken(subscription)] == [1]
    for number in range(KEPT_WAITING + 5):
        hub.publish("log", number)
    events = taken(subscription)
    assert events[0].payload == 5
    assert events[0].seq == 2 + 5
    assert [event.seq for event in events] == list(range(7, 7 + KEPT_WAITING))


def test_a_subscription_is_woken_for_what_it_hears() -> None:
    hub = EventHub()
    woken: list[None] = []
    subscription = hub.subscribe(["render.progress"], wake=lambda: woken.append(None))
    hub.publish("log", 1)
    assert woken == []
    hub.publish("render.progress", 1)
    hub.publish("render.progress", 2)
    assert woken
    hub.unsubscribe(subscription)
    hub.unsubscribe(subscription)
    woken.clear()
    hub.publish("render.progress", 3)
    assert woken == []


def test_snapshots_are_the_latest_of_a_state_topic() -> None:
    hub = EventHub()
    assert hub.snapshot("render.progress") is None
    hub.publish("render.progress", "a1", job_id="a", project_id="p")
    hub.publish("render.progress", "b1", job_id="b", project_id="q")
    hub.publish("render.progress", "a2", job_id="a", project_id="p")
    hub.publish("log", "line")
    assert hub.snapshot("render.progress") == "a2"
    assert hub.snapshot("render.progress", job_id="b") == "b1"
    assert hub.snapshot("render.progress", project_id="q") == "b1"
    assert hub.snapshot("render.progress", job_id="c") is None
    assert hub.snapshot("log") is None


def test_snapshots_are_bounded() -> None:
    hub = EventHub()
    for number in range(SNAPSHOTS + 1):
        hub.publish("render.progress", number, job_id=str(number))
    assert hub.snapshot("render.progress", job_id="0") is None
    assert hub.snapshot("render.progress", job_id="1") == 1


def test_beyond_what_is_kept_the_latest_of_each_job_stays_and_that_is_no_gap() -> None:
    hub = EventHub()
    subscription = hub.subscribe(["render.state"])
    for state in ("queued", "cancelled", "removed"):
        for number in range(KEPT_WAITING):
            hub.publish("render.state", (number, state), job_id=f"job-{number}")
    events = taken(subscription)
    assert [event.payload for event in events] == [(number, "removed") for number in range(KEPT_WAITING)]
    assert [event.seq for event in events] == list(range(1, KEPT_WAITING + 1))
    hub.publish("render.state", "new", job_id="one more")
    assert payloads(subscription) == ["new"]
    assert subscription._newest == {}


def test_of_files_a_slow_reader_gets_the_latest_of_each() -> None:
    hub = EventHub()
    subscription = hub.subscribe(["media.changed"])
    for number in range(OTHER_WAITING + 10):
        hub.publish("media.changed", f"{number} probing", project_id="p", path=Path(f"/{number}"))
    for number in range(OTHER_WAITING + 10):
        hub.publish("media.changed", f"{number} ready", project_id="p", path=Path(f"/{number}"))
    events = taken(subscription)
    assert [event.payload for event in events] == [f"{number} ready" for number in range(OTHER_WAITING + 10)]
    assert [event.seq for event in events] == list(range(1, OTHER_WAITING + 11))
    hub.publish("media.changed", "p", project_id="p", path=Path("/a"))
    hub.publish("media.changed", "q", project_id="q", path=Path("/a"))
    assert payloads(subscription) == ["p", "q"]


def test_what_is_about_a_file_reaches_those_who_may_read_it() -> None:
    hub = EventHub()
    all_, some, none = (
        hub.subscribe(["media.changed"], roots=roots) for roots in (None, (Path("/a"), Path("/b/c")), ())
    )
    for path in ("/a/x", "/ab/x", "/b/c", "/b/d"):
        hub.publish("media.changed", path, path=Path(path))
    hub.publish("media.changed", "no file")
    assert payloads(all_) == ["/a/x", "/ab/x", "/b/c", "/b/d", "no file"]
    assert payloads(some) == ["/a/x", "/b/c", "no file"]
    assert payloads(none) == ["no file"]


def test_the_hub_knows_what_is_wanted() -> None:
    hub = EventHub()
    assert not hub.wanted("log")
    subscription = hub.subscribe(["log"])
    assert hub.wanted("log")
    assert not hub.wanted("media.changed")
    hub.unsubscribe(subscription)
    assert not hub.wanted("log")
