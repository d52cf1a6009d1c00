"""One connection: messages in, answers out, each request in a task and a cancel scope of its own.

`receive` never waits, so the read loop never does: cancelling works however busy the handlers are. What a connection
is made of (pipe, WebSocket, test) is not known here: bodies come in by `receive` and go out by the outbox.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import trio
from msgspec import Raw

from protocol import jsonrpc
from protocol.errors import (
    Busy,
    Cancelled,
    Internal,
    InvalidRequest,
    MethodNotFound,
    NotInitialized,
    ShuttingDown,
    SidecarError,
)
from protocol.jsonrpc import Batch, Fault, Id, Notification, Reply, Request
from protocol.params import decode_params
from sidecar.commands.call import Call, Peer
from sidecar.commands.limits import IN_FLIGHT
from sidecar.commands.registry import Handler
from sidecar.services.logger import trace
from sidecar.transport.faults import typed
from sidecar.transport.limiters import Limiters
from sidecar.transport.outbox import Outbox
from sidecar.transport.progress import Reporter

if TYPE_CHECKING:
    from sidecar.core.spans import Recorder
    from sidecar.services.monitoring.meter import Meter


class Log(Protocol):
    """The part of a logger that is used here."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...


@dataclass(slots=True, eq=False)
class _Flight:
    """A request that has not been answered."""

    request: Request
    handler: Handler
    params: Any
    reply: Callable[[bytes], None]
    trace_id: str
    began: float
    ready: trio.Event | None
    """Set when initialize has ended, of a request that came while it was being served."""
    recorder: Recorder | None = None
    decoded: float = 0.0
    """When it was known what it asks for; only where it is recorded."""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    reason: str = "requested"
    error: SidecarError | None = None
    """What is answered, where it is no result."""


class Connection:
    """Dispatches the messages of one peer to a table of handlers.

    The handlers run in `nursery`. End it by `cancel_all` and `drained`; cancelling the nursery leaves requests
    unanswered. `meter` gives what counts it, from its first answer until `leave`.
    """

    def __init__(
        self,
        table: Mapping[str, Handler],
        services: Any,
        nursery: trio.Nursery,
        *,
        limiters: Limiters,
        log: Log,
        meter: Callable[[], Meter],
        on_quit: Callable[[], None],
        in_flight_limit: int = IN_FLIGHT,
        primary: Peer | None = None,
    ) -> None:
        self.peer = Peer(wake=self._wake, drain=self._others_done, quit=on_quit, primary=primary)
        self.outbox = Outbox(self.peer.subscriptions, self._unsendable)
        self._table = table
        self._services = services
        self._nursery = nursery
        self._limiters = limiters
        self._log = log
        self._make_meter = meter
        self._meter: Meter | None = None
        self._limit = in_flight_limit
        self.received = 0
        self._flights: dict[Hashable, _Flight] = {}
        self._admitted: deque[tuple[Hashable, _Flight]] = deque()
        self._trace_prefix = secrets.token_hex(4)
        self._numbers = count(1)
        self._initialized = trio.Event()
        self._landed: trio.Event | None = None
        """Set when a request has been answered, while somebody waits for that."""

    @property
    def in_flight(self) -> int:
        """Requests that have not been answered."""
        return len(self._flights)

    @property
    def sent(self) -> int:
        """Messages that have been handed to the wire."""
        return self.outbox.taken

    def methods_in_flight(self) -> Iterator[str]:
        """Return the method of each request that has not been answered."""
        return (flight.request.method for flight in self._flights.values())

    def leave(self) -> None:
        """Be no longer counted among the connections; call it once nothing more comes or goes."""
        if self._meter is not None:
            self._meter.leave(self)

    def receive(self, body: bytes) -> None:
        """Act on one message. Never waits."""
        self.received += 1
        message = jsonrpc.decode(body)
        if isinstance(message, Batch):
            calls = [one for one in message.messages if not isinstance(one, Notification)]
            reply = _collector(len(calls), self.outbox.put)
            for one in message.messages:
                self._dispatch(one, reply)
        else:
            self._dispatch(message, self.outbox.put)

    def refuse(self, error: SidecarError) -> None:
        """Answer a fault that belongs to no message."""
        self._dispatch(Fault(None, error), self.outbox.put)

    def cancel_all(self, reason: str) -> None:
        """Cancel every request; each is still answered."""
        for flight in self._flights.values():
            self._cancel(flight, reason)

    async def drained(self, keep: int = 0) -> None:
        """Wait until at most `keep` requests are in flight."""
        while len(self._flights) > keep:
            if self._landed is None:
                self._landed = trio.Event()
            await self._landed.wait()

    def _dispatch(self, message: jsonrpc.Message, reply: Callable[[bytes], None]) -> None:
        if isinstance(message, Notification):
            self._notified(message)
        elif isinstance(message, Request):
            try:
                self._start(message, reply)
            except SidecarError as error:
                self._answer_fault(Fault(message.id, error), reply, message.method)
        elif isinstance(message, Reply):
            self._answer_fault(Fault(None, InvalidRequest(detail="an answer, where nothing was asked")), reply)
        else:
            self._answer_fault(message, reply)

    def _answer_fault(self, fault: Fault, reply: Callable[[bytes], None], method: str | None = None) -> None:
        trace_id = self._new_trace()
        known = method if method in self._table else None
        self._counts().refuse(known, fault.error.kind, trace_id=trace_id, message=fault.error.message)
        self._log.debug("refused", trace_id=trace_id, kind=fault.error.kind, detail=fault.error.message)
        reply(jsonrpc.encode_error(fault.id, fault.error, trace_id))

    def _notified(self, message: Notification) -> None:
        if message.method == "$/cancelRequest":
            self._cancel_requested(message.params)
            return
        known = self._table.get(message.method)
        if known is None or not known.command.notification:
            self._log.debug("ignored a notification", method=message.method)
            return
        try:
            self._start(Request(None, message.method, message.params), _nobody, notification=True)
        except SidecarError as error:
            self._log.debug("refused a notification", method=message.method, detail=error.message)

    def _cancel_requested(self, params: Raw) -> None:
        target = jsonrpc.decode_cancel(params)
        flight = self._flights.get(_key(target.id)) if target else None
        if flight is not None:
            self._cancel(flight, "requested")

    def _cancel(self, flight: _Flight, reason: str) -> None:
        if not flight.scope.cancel_called:
            flight.reason = reason
            flight.scope.cancel()

    def _start(self, request: Request, reply: Callable[[bytes], None], *, notification: bool = False) -> None:
        """Begin to serve a request, or raise the reason why not."""
        began = perf_counter()
        handler = self._admit(request.method)
        key = object() if notification else _key(request.id)
        if key in self._flights:
            raise InvalidRequest(detail=f"the id {request.id!r} is in flight")
        if handler.command.load != "inline" and len(self._flights) >= self._limit:
            raise Busy(limit=self._limit, in_flight=len(self._flights))
        params = decode_params(handler.decoder, request.params)
        recorder = None if self._meter is None else self._meter.recorder(began)
        waits = self.peer.phase == "initializing" and not handler.command.before_initialize
        ready = self._initialized if waits else None
        if request.method == "initialize":
            self.peer.phase = "initializing"
        elif request.method == "shutdown":
            self.peer.phase = "shuttingDown"
        flight = _Flight(request, handler, params, reply, self._new_trace(), began, ready, recorder)
        if recorder is not None:
            flight.decoded = perf_counter()
            recorder.note("decode", began, flight.decoded)
        self._flights[key] = flight
        self._admitted.append((key, flight))
        self._nursery.start_soon(self._serve_next, name="request")

    def _admit(self, method: str) -> Handler:
        handler = self._table.get(method)
        phase = self.peer.phase
        if method != "exit" and "shuttingDown" in {phase, self.peer.primary and self.peer.primary.phase}:
            raise ShuttingDown
        if phase == "new" and not (handler and handler.command.before_initialize):
            raise NotInitialized(method=method)
        if method == "initialize" and phase != "new":
            raise InvalidRequest(detail="initialize came before")
        if handler is None:
            from difflib import get_close_matches  # noqa: PLC0415 - start-up time

            raise MethodNotFound(method=method, nearest=next(iter(get_close_matches(method, self._table, 1)), None))
        return handler

    async def _serve_next(self) -> None:
        # trio begins tasks in any order; whichever comes first takes the request that came first.
        await self._serve(*self._admitted.popleft())

    async def _serve(self, key: Hashable, flight: _Flight) -> None:
        """Run a handler and answer exactly once: its result, its error, or `cancelled`."""
        trace.set(flight.trace_id)
        if flight.recorder is not None:
            flight.recorder.begin()
        reporter = self._reporter(flight)
        answer: bytes | None = None
        try:
            with flight.scope:
                answer = jsonrpc.encode_result(flight.request.id, await self._run(flight, reporter))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is answered, and ends nothing else
            answer = self._refusal(flight, error)
        if answer is None:
            answer = self._error(flight, Cancelled(reason=flight.reason))
        # From here to the end nothing waits: a subscription's first event cannot overtake the answer that names it.
        del self._flights[key]
        if flight.request.method == "initialize":
            self._initialize_ended()
        if reporter is not None:
            reporter.finish()
        flight.reply(answer)
        if self._landed is not None:
            self._landed.set()
            self._landed = None
        seconds = perf_counter() - flight.began
        if flight.handler.command.before_initialize:
            self._nursery.start_soon(self._count_later, flight, seconds)
        else:
            self._count(flight, seconds)

    async def _run(self, flight: _Flight, reporter: Reporter | None) -> Any:
        if flight.ready is not None:
            await flight.ready.wait()
            if self.peer.phase == "new":
                raise NotInitialized(method=flight.request.method)
        if not flight.handler.command.before_initialize:
            await self._services.whole()
        call = Call(self._services, flight.trace_id, self.peer, reporter.report if reporter else None)
        limiter = await self._limiters.acquire(flight.handler.command.load)
        if flight.recorder is not None:
            flight.recorder.note("queue", flight.decoded, perf_counter())
        try:
            return await flight.handler.run(flight.params, call)
        finally:
            if limiter is not None:
                limiter.release()

    def _reporter(self, flight: _Flight) -> Reporter | None:
        token = getattr(flight.params, "progress_token", None)
        if token is None:
            return None
        return Reporter(token, self.outbox.put, lambda: self.outbox.crowded, self._nursery.start_soon)

    def _refusal(self, flight: _Flight, error: Exception) -> bytes:
        known = typed(error)
        if known is None:
            self._log.error("a request failed", method=flight.request.method, trace_id=flight.trace_id, exc_info=error)
        if flight.scope.cancel_called:
            # What a handler ran into while it was being cancelled is not what the client has to hear.
            known = Cancelled(reason=flight.reason)
        return self._error(flight, known or Internal())

    def _error(self, flight: _Flight, error: SidecarError) -> bytes:
        flight.error = error
        return jsonrpc.encode_error(flight.request.id, error, flight.trace_id)

    async def _count_later(self, flight: _Flight, seconds: float) -> None:
        # Once the answer is written: a shell waits for it, and what counts is not in memory yet.
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        self._count(flight, seconds)

    def _count(self, flight: _Flight, seconds: float) -> None:
        name, error = flight.request.method, flight.error
        if error is None:
            self._counts().ended(name, seconds, trace_id=flight.trace_id)
        else:
            self._counts().ended(name, seconds, error.kind, trace_id=flight.trace_id, message=error.message)
        if flight.recorder is not None:
            kind = None if error is None else error.kind
            self._counts().traced(flight.recorder, name, flight.trace_id, flight.began + seconds, kind)

    def _counts(self) -> Meter:
        if self._meter is None:
            self._meter = self._make_meter()
            self._meter.enter(self)
            self._limiters.counted_by(self._meter)
        return self._meter

    def _initialize_ended(self) -> None:
        if self.peer.phase == "initializing":
            self.peer.phase = "new"  # it failed: what waited is refused, and the client may try again
        self._initialized.set()
        self._initialized = trio.Event()

    def _new_trace(self) -> str:
        # Unlike any other of this log; a fresh random number each would cost a system call a request.
        return f"{self._trace_prefix}{next(self._numbers) & 0xFFFF_FFFF:08x}"

    async def _others_done(self) -> None:
        await self.drained(keep=1)

    def _wake(self) -> None:
        self.outbox.wake()

    def _unsendable(self, error: Exception) -> None:
        self._log.error("an event could not be written", exc_info=error)


def _key(id: Id) -> Hashable:
    # 1 is not "1"; the words of JSON have no other way to be equal.
    return isinstance(id, str), id


def _nobody(_answer: bytes) -> None:
    """A notification is not answered."""


def _collector(count: int, put: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Return a reply that puts `count` answers into one batch."""
    answers: list[bytes] = []

    def reply(answer: bytes) -> None:
        answers.append(answer)
        if len(answers) == count:
            put(jsonrpc.encode_batch(answers))

    return reply
