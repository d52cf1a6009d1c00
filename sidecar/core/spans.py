"""What an operation spends its time on: stages, noted by whoever does their work.

An operation that is looked at has a `Recorder`; the task that works for it begins that, and trio hands it on to the
tasks that this one starts. Where there is none a stage costs a look at a context variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from time import perf_counter

MOST = 500
"""Spans that are remembered of an operation, those that began first; of all the time is summed up."""


@dataclass(slots=True, eq=False)
class Span:
    """A stage as it was: when it began and ended, by `perf_counter`; None while it lasts, and for ever where it was broken off.

    `around` is the stage that it is part of, None: the operation itself.
    """

    stage: str
    began: float
    ended: float | None
    around: Span | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Traced:
    """An operation that has ended, in a result or an error of a `kind`. Times are those of `perf_counter`.

    `totals` are, by stage, how often there was one and their seconds together: stages that lie in or beside one another
    come to more than the operation took.
    """

    name: str
    trace_id: str
    began: float
    ended: float
    kind: str | None
    spans: Sequence[Span]
    totals: Mapping[str, tuple[int, float]]


Tracer = Callable[[Traced], None]
"""Is told of operations that have ended; never waits, never fails."""


class Recorder:
    """Records the stages of one operation, until it ends. On one thread."""

    __slots__ = ("_began", "_open", "_spans", "_totals")

    def __init__(self, began: float) -> None:
        self._began = began
        self._open = True
        self._spans: list[Span] = []
        self._totals: dict[str, tuple[int, float]] = {}

    def begin(self) -> None:
        """Record what the current task does, and those that it starts from now on."""
        _place.set((self, None))

    def enter(self, stage: str, began: float, around: Span | None, fields: Mapping[str, str]) -> Span:
        """Note that a stage begins."""
        span = Span(stage, began, None, around, fields)
        if self._open and len(self._spans) < MOST:
            self._spans.append(span)
        return span

    def leave(self, span: Span, ended: float) -> None:
        """Note that it ends; that of one which outlived the operation is nobody's."""
        if self._open:
            span.ended = ended
            count, seconds = self._totals.get(span.stage, (0, 0.0))
            self._totals[span.stage] = count + 1, seconds + ended - span.began

    def note(self, stage: str, began: float, ended: float) -> None:
        """Note a stage that is over."""
        self.leave(self.enter(stage, began, None, {}), ended)

    def end(self, name: str, trace_id: str, ended: float, kind: str | None) -> Traced:
        """Record nothing more, and return what there was."""
        self._open = False
        return Traced(name, trace_id, self._began, ended, kind, self._spans, self._totals)


_place: ContextVar[tuple[Recorder, Span | None] | None] = ContextVar("place", default=None)
"""Who records the current task, and the stage that it is in."""


class Timed:
    """Notes its block as a stage of the operation that the task works for, if that is recorded."""

    __slots__ = ("_fields", "_found", "_stage")

    def __init__(self, stage: str, **fields: str) -> None:
        self._stage = stage
        self._fields = fields
        self._found: tuple[Recorder, Span, Token[tuple[Recorder, Span | None] | None]] | None = None

    def __enter__(self) -> None:
        place = _place.get()
        if place is not None:
            recorder, around = place
            span = recorder.enter(self._stage, perf_counter(), around, self._fields)
            self._found = recorder, span, _place.set((recorder, span))

    def __exit__(self, *_: object) -> None:
        if self._found is not None:
            recorder, span, token = self._found
            _place.reset(token)
            recorder.leave(span, perf_counter())
