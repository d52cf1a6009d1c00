"""The one place where operations, messages and waits are counted. What is counted here only grows.

A request is counted by one call when it ends; everything else is asked of those who know it when somebody looks.
All of it runs on the trio thread, but may be read from others: a number that is read is one that it has had.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sidecar.core.monitoring.histogram import ANSWERS, JOBS, WAITS, Histogram
from sidecar.core.monitoring.outcomes import GROUPS, RENDER, group_of, is_interactive, outcome_of
from sidecar.core.monitoring.trail import Part
from sidecar.core.sketch import Sketch
from sidecar.core.spans import Recorder, Tracer

SLOWEST = 5
"""Operations of a name that are remembered as the slowest."""

SEGMENTS = ("cached", "copied", "encoded", "failed")
FRAMES = ("cached", "copied", "encoded")


@dataclass(frozen=True, slots=True, order=True)
class Slow:
    """An operation that took long; `at` is a Unix time."""

    seconds: float
    at: float
    trace_id: str


@dataclass(frozen=True, slots=True)
class LastError:
    """How an operation last failed; `at` is a Unix time."""

    kind: str
    message: str
    at: float
    trace_id: str


@dataclass(slots=True, eq=False)
class Operation:
    """What has become of the operations of one name. `seconds` are from the request's coming to its answer."""

    name: str
    group: str
    interactive: bool
    errors: Counter[str] = field(default_factory=Counter)
    durations: Sketch = field(default_factory=Sketch)
    count: int = 0
    seconds: float = 0.0
    least: float = 0.0
    last_error: LastError | None = None
    slowest: list[Slow] = field(default_factory=list)
    floor: float = 0.0
    """What does not take longer is none of the slowest."""


@dataclass(slots=True, eq=False)
class Rendered:
    """What jobs that have ended came to: segments that were planned, and those by what became of them, frames by where they came from, bytes of finished files."""

    planned: int = 0
    segments: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(SEGMENTS, 0)))
    frames: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(FRAMES, 0)))
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue at one moment: who waits, who runs, how many may, and for how long the first has waited, if it is known."""

    depth: int
    running: int
    limit: int
    oldest: float | None = None


class Line(Protocol):
    """A connection, as far as it is counted."""

    received: int

    @property
    def sent(self) -> int: ...

    def methods_in_flight(self) -> Iterable[str]: ...


class Meter:
    """Counts of one instance since it started."""

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.groups: dict[str, Histogram] = {name: Histogram(ANSWERS) for name in GROUPS}
        self.jobs = Histogram(JOBS)
        self.rendered = Rendered()
        self.interactive = Sketch()
        self.ok = 0
        self.faults = 0
        self.refused: Counter[str] = Counter()
        """Requests of no operation, by the kind of their error."""
        self.waits: dict[str, Histogram] = {}
        self.at_once: dict[str, int] = {}
        """Requests that had not to wait, by queue; the waits are those of the others."""
        self.http: Counter[tuple[str, str]] = Counter()
        """Answers by HTTP, by route and class of status."""
        self.queues: dict[str, Callable[[], Queue]] = {}
        self.lines: set[Line] = set()
        self.tracers: list[Tracer] = []
        """Who is told what operations spent their time on."""
        self._received = 0
        self._sent = 0

    def ended(
        self, name: str, seconds: float, kind: str | None = None, *, trace_id: str = "", message: str = ""
    ) -> None:
        """Count the end of an operation, after so many seconds; `kind` is that of its error, None of a result."""
        operation = self.operations.get(name) or self._operation(name)
        operation.count += 1
        operation.seconds += seconds
        operation.durations.add(seconds)
        if seconds < operation.least or operation.count == 1:
            operation.least = seconds
        (self.jobs if name == RENDER else self.groups[operation.group]).add(seconds)
        if operation.interactive:
            self.interactive.add(seconds)
        if seconds > operation.floor:
            _remember(operation, Slow(seconds, time.time(), trace_id))
        if kind is None:
            self.ok += 1
        else:
            self._failed(operation, kind, trace_id, message)

    def refuse(self, name: str | None, kind: str, *, trace_id: str = "", message: str = "") -> None:
        """Count a request that did not begin; `name` is None where it names no operation of ours."""
        if name is None:
            self.refused[kind] += 1
            return
        operation = self.operations.get(name) or self._operation(name)
        operation.count += 1
        self._failed(operation, kind, trace_id, message)

    def recorder(self, began: float) -> Recorder | None:
        """Return what records an operation that began then, by `perf_counter`; None where nobody wants to know."""
        return Recorder(began) if self.tracers else None

    def traced(self, recorder: Recorder, name: str, trace_id: str, ended: float, kind: str | None) -> None:
        """Tell of the stages of an operation that has ended."""
        traced = recorder.end(name, trace_id, ended, kind)
        for tracer in self.tracers:
            tracer(traced)

    def enter(self, line: Line) -> None:
        """Take a connection in."""
        self.lines.add(line)

    def leave(self, line: Line) -> None:
        """Let a connection go; what it has received and sent stays counted."""
        self.lines.discard(line)
        self._received += line.received
        self._sent += line.sent

    @property
    def ended_so_far(self) -> Part:
        """Return how many operations ended in a result or a fault, and how many in a fault."""
        return Part(self.ok + self.faults, self.faults)

    @property
    def received(self) -> int:
        """Messages that all connections have read."""
        return self._received + sum(line.received for line in self.lines)

    @property
    def sent(self) -> int:
        """Messages that all connections have written."""
        return self._sent + sum(line.sent for line in self.lines)

    def active(self) -> Counter[str]:
        """Return how many requests are in flight, by operation."""
        return Counter(method for line in self.lines for method in line.methods_in_flight())

    def served(self, route: str, status: int) -> None:
        """Count an answer by HTTP."""
        self.http[route, f"{status // 100}xx"] += 1

    def waited(self, queue: str, seconds: float) -> None:
        """Count a wait for a place in a queue."""
        histogram = self.waits.get(queue)
        if histogram is None:
            histogram = self.waits[queue] = Histogram(WAITS)
        histogram.add(seconds)

    def _operation(self, name: str) -> Operation:
        operation = self.operations[name] = Operation(name, group_of(name), is_interactive(name))
        return operation

    def _failed(self, operation: Operation, kind: str, trace_id: str, message: str) -> None:
        operation.errors[kind] += 1
        operation.last_error = LastError(kind, message, time.time(), trace_id)
        if outcome_of(kind) == "fault":
            self.faults += 1


def _remember(operation: Operation, slow: Slow) -> None:
    slowest = operation.slowest
    insort(slowest, slow)
    if len(slowest) > SLOWEST:
        del slowest[0]
        operation.floor = slowest[0].seconds
