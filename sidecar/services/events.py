"""The event hub: topics, subscriptions with their own numbering, and bounded queues for slow readers.

Publishing never waits. A reader that is slow costs only itself: of a state topic it gets the latest, of a kept topic
everything up to 10,000 events and from then on at least the latest of each job, of any other the newest 1,000. What was
dropped shows as a gap in `seq`; a job's older state that a newer one replaced is none.
All of it runs on the trio thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.events import FILE_TOPICS, KEPT_TOPICS, STATE_TOPICS, Event
from sidecar.services.access import Folders

KEPT_WAITING = 10_000
OTHER_WAITING = 1_000
SNAPSHOTS = 1_000
"""Things (jobs, projects) of which a state topic remembers the latest payload."""

_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Published:
    topic: str
    payload: Any
    project_id: str | None
    job_id: str | None
    path: Path | None
    only: object | None = None

    @property
    def about(self) -> _Key:
        return (self.topic, self.project_id, self.job_id, self.path)


_Queue = OrderedDict[_Key, tuple[int, _Published]]


class Subscription:
    """What one subscriber has still to be sent. Made by `EventHub.subscribe`."""

    def __init__(
        self,
        name: str,
        topics: frozenset[str],
        project_id: str | None,
        job_id: str | None,
        *,
        wake: Callable[[], None],
        roots: Folders | None,
        reader: object | None,
    ) -> None:
        self.name = name
        self.topics = topics
        self.seq = 0
        self.dropped = 0
        self._project_id = project_id
        self._job_id = job_id
        self._wake = wake
        self._roots = roots
        self._reader = reader
        self._queues: dict[str, _Queue] = {topic: OrderedDict() for topic in topics}
        self._newest: dict[_Key, _Key] = {}  # of a kept topic, the last event of each job that waits
        self._arrivals = 0

    def concerns(self, event: _Published) -> bool:
        """Say whether an event passes the filters; one that is about no project or job passes them all.

        What is about a file outside of what the subscriber may read does not pass, nor what is for another reader only.
        """
        return (
            event.topic in self.topics
            and _for(event, self._reader)
            and (self._project_id is None or event.project_id in (None, self._project_id))
            and (self._job_id is None or event.job_id in (None, self._job_id))
            and (event.path is None or self._roots is None or any(map(event.path.is_relative_to, self._roots)))
        )

    def push(self, event: _Published) -> None:
        """Queue an event, replacing the waiting one of the same state, dropping the oldest of a full topic."""
        queue = self._queues[event.topic]
        self._arrivals += 1
        arrival = self._arrivals
        latest = event.topic in STATE_TOPICS or event.topic in FILE_TOPICS
        key: _Key = event.about if latest else (arrival,)
        if key in queue:
            queue[key] = (queue[key][0], event)  # the newer state, in the place of the older
            return
        many = event.topic in KEPT_TOPICS or event.topic in FILE_TOPICS
        limit = KEPT_WAITING if many else OTHER_WAITING
        if len(queue) >= limit and not self._superseded(queue, event):
            self._pop(queue)
            self.seq += 1  # the gap that tells the subscriber
            self.dropped += 1
        queue[key] = (arrival, event)
        if event.topic in KEPT_TOPICS and event.job_id is not None:
            self._newest[event.about] = key
        self._wake()

    def take(self) -> Event | None:
        """Return the next event to send and forget it; None when nothing waits."""
        queue = min(filter(None, self._queues.values()), key=_oldest_arrival, default=None)
        if queue is None:
            return None
        event = self._pop(queue)
        self.seq += 1
        return Event(subscription=self.name, topic=event.topic, seq=self.seq, payload=event.payload)

    def _superseded(self, queue: _Queue, event: _Published) -> bool:
        """Take out what waits of the same job, if anything does: the new event says more."""
        older = self._newest.pop(event.about, None)
        return older is not None and queue.pop(older, None) is not None

    def _pop(self, queue: _Queue) -> _Published:
        key, (_, event) = queue.popitem(last=False)
        if self._newest.get(event.about) == key:
            del self._newest[event.about]
        return event


def _for(event: _Published, reader: object | None) -> bool:
    return event.only is None or reader is None or event.only is reader


def _oldest_arrival(queue: _Queue) -> int:
    return next(iter(queue.values()))[0]


class EventHub:
    """Hands what services publish to whoever subscribed."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._latest: dict[str, OrderedDict[_Key, _Published]] = {topic: OrderedDict() for topic in STATE_TOPICS}
        self._made = 0
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Events that slow readers lost, of all subscriptions there were."""
        return self._dropped + sum(subscription.dropped for subscription in self._subscriptions.values())

    def publish(
        self,
        topic: str,
        payload: Any,
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        path: Path | None = None,
        only: object | None = None,
    ) -> None:
        """Tell every subscription that it concerns. Never waits, never fails; call it on the trio thread.

        `path` is the file, links followed, that the event is about; `only` the one reader that is told of it.
        """
        event = _Published(topic, payload, project_id, job_id, path, only)
        if topic in STATE_TOPICS:
            latest = self._latest[topic]
            latest[event.about] = event
            latest.move_to_end(event.about)
            if len(latest) > SNAPSHOTS:
                latest.popitem(last=False)
        for subscription in self._subscriptions.values():
            if subscription.concerns(event):
                subscription.push(event)

    def subscribe(
        self,
        topics: Iterable[str],
        *,
        project_id: str | None = None,
        job_id: str | None = None,
        wake: Callable[[], None] = lambda: None,
        roots: Folders | None = None,
        reader: object | None = None,
    ) -> Subscription:
        """Start a subscription; `wake` is called whenever something new waits in it, and must not block.

        `roots` are the folders that the subscriber may read, None for all; `reader` is who it is, None: all of them.
        """
        self._made += 1
        name = f"s{self._made}"
        subscription = Subscription(name, frozenset(topics), project_id, job_id, wake=wake, roots=roots, reader=reader)
        self._subscriptions[name] = subscription
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription and drop what waits in it; one that is ended already is left alone."""
        if self._subscriptions.pop(subscription.name, None) is not None:
            self._dropped += subscription.dropped

    def wanted(self, topic: str) -> bool:
        """Say whether anybody has subscribed to a topic."""
        return any(topic in subscription.topics for subscription in self._subscriptions.values())

    def snapshot(
        self, topic: str, *, project_id: str | None = None, job_id: str | None = None, reader: object | None = None
    ) -> Any | None:
        """Return the latest payload of a state topic, of one project or job if asked; None where there is none for a reader."""
        for event in reversed(self._latest.get(topic, OrderedDict()).values()):
            if project_id in (None, event.project_id) and job_id in (None, event.job_id) and _for(event, reader):
                return event.payload
        return None
