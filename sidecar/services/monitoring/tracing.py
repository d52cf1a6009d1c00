"""Operations as OpenTelemetry's traces: the one place that imports its SDK, which the extra `otel` brings.

Where they go, and how many of them, is said by the SDK's own environment variables: OTEL_EXPORTER_OTLP_ENDPOINT (this
machine unless it says otherwise), OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and so on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from logging import WARNING, Handler, LogRecord, getLogger
from math import inf
from time import monotonic, perf_counter, time_ns
from typing import TYPE_CHECKING

import trio

from sidecar import __version__
from sidecar.core.monitoring.outcomes import RENDER, outcome_of
from sidecar.core.spans import Span, Traced
from sidecar.services.logger import Logger
from sidecar.services.monitoring.meter import Meter

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

Make = Callable[[Traced], Iterator[None]]
"""Makes the spans of an operation that has ended, with the times that it had: one a step."""

SDK = "opentelemetry.sdk.trace"
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
NAME = "video-compiler-sidecar"

FLUSH_SECONDS = 2.0
"""For what has not been sent when the sidecar ends."""

WAITING = 1_000
"""Operations that ended and wait to be made traces of; what ends while so many do is not exported."""

SLICE = 50
"""Spans that are made before others have their turn: two milliseconds."""

QUIET_SECONDS = 60.0
"""A complaint that is like one before is told of as often as this."""

NANO = 1_000_000_000


def installed() -> bool:
    """Say whether the SDK and its exporter are there."""
    try:
        return find_spec(SDK) is not None and find_spec(EXPORTER) is not None
    except ImportError:
        return False


def over_http() -> SpanProcessor:
    """Return what sends spans in batches, from a thread of its own. Imports for a tenth of a second."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    return BatchSpanProcessor(OTLPSpanExporter())


@dataclass(frozen=True, slots=True)
class Export:
    """The SDK, ready to be told of operations: by `make`; and what it complains of."""

    provider: TracerProvider
    make: Make
    told: Told


async def open_export(
    log: Logger, instance_id: str, processor: Callable[[], SpanProcessor] = over_http
) -> Export | None:
    """Make the SDK ready; None, and a line in the log, where it cannot be, as what its variables ask for is not possible.

    Hand what is returned to `export_traces`, which ends it. A receiver that is not there is none of its errors.
    """
    told = Told(log)
    told.listen()
    try:
        return await trio.to_thread.run_sync(partial(_open, instance_id, processor, told))
    except Exception as error:  # noqa: BLE001 - whatever the SDK makes of its variables, and of its own parts
        told.say("open", repr(error))
        told.leave()
        return None


async def export_traces(meter: Meter, export: Export) -> None:
    """Hand every operation that ends to the SDK, until cancelled; what waits is sent then, for FLUSH_SECONDS at most.

    Whatever fails costs spans, and a line in the log.
    """
    send, receive = trio.open_memory_channel[Traced](WAITING)
    ending = trio.CancelScope(shield=True)

    def put(traced: Traced) -> None:
        try:
            send.send_nowait(traced)
        except trio.WouldBlock:
            export.told.say("waiting", f"more than {WAITING} operations wait")

    async def work() -> None:
        with ending:
            async for traced in receive:
                await _make_all(_waiting(traced, receive), export)
            await trio.to_thread.run_sync(_shut, export, abandon_on_cancel=True)

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            meter.tracers.append(put)
            try:
                await trio.sleep_forever()
            finally:
                meter.tracers.remove(put)
                ending.deadline = trio.current_time() + FLUSH_SECONDS
                send.close()
    finally:
        export.told.leave()


def _waiting(first: Traced, receive: trio.MemoryReceiveChannel[Traced]) -> Iterator[Traced]:
    """Return what has come and what waits behind it."""
    yield first
    with suppress(trio.WouldBlock, trio.EndOfChannel):
        while True:
            yield receive.receive_nowait()


async def _make_all(waiting: Iterator[Traced], export: Export) -> None:
    made = 0
    for traced in waiting:
        for _ in _guarded(traced, export):
            made += 1
            if made % SLICE == 0:
                await trio.lowlevel.checkpoint()


def _guarded(traced: Traced, export: Export) -> Iterator[None]:
    try:
        yield from export.make(traced)
    except Exception as error:  # noqa: BLE001 - the SDK's, or that of what is plugged into it
        export.told.say("make", repr(error))


def _shut(export: Export) -> None:
    try:
        export.provider.shutdown()
    except Exception as error:  # noqa: BLE001 - the SDK's, or that of what is plugged into it
        export.told.say("shut", repr(error))


def _open(instance_id: str, processor: Callable[[], SpanProcessor], told: Told) -> Export:
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    own = {"service.name": NAME, "service.version": __version__, "service.instance.id": instance_id}
    # What the environment says of the service comes before what we say.
    resource = Resource.create(own).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    export = Export(provider, _maker(provider, instance_id), told)
    # At last: it begins a thread.
    provider.add_span_processor(processor())
    return export


def _maker(provider: TracerProvider, instance_id: str) -> Make:
    from opentelemetry.context import Context  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context  # noqa: PLC0415

    class Ids(RandomIdGenerator):
        trace = 0

        def generate_trace_id(self) -> int:
            return self.trace

    ids = provider.id_generator = Ids()
    tracer = provider.get_tracer(NAME, __version__)

    def make(traced: Traced) -> Iterator[None]:
        start = time_ns() - int(perf_counter() * NANO)

        def at(seconds: float) -> int:
            return start + int(seconds * NANO)

        ids.trace = trace_number(instance_id, traced.trace_id)
        root = tracer.start_span(
            traced.name,
            context=Context(),
            kind=SpanKind.INTERNAL if traced.name == RENDER else SpanKind.SERVER,
            attributes=_attributes(traced),
            start_time=at(traced.began),
        )
        contexts: dict[Span | None, Context] = {None: set_span_in_context(root, Context())}
        for span in traced.spans:
            if span.ended is not None:
                around = contexts.get(span.around, contexts[None])
                made = tracer.start_span(
                    span.stage, context=around, attributes=dict(span.fields), start_time=at(span.began)
                )
                contexts[span] = set_span_in_context(made, Context())
                made.end(at(span.ended))
                yield
        if traced.kind is not None and outcome_of(traced.kind) == "fault":
            root.set_status(Status(StatusCode.ERROR, traced.kind))
        root.end(at(traced.ended))
        yield

    return make


def _attributes(traced: Traced) -> Mapping[str, str]:
    found = {"videoc.trace_id": traced.trace_id}
    if traced.name != RENDER:
        found |= {"rpc.system": "jsonrpc", "rpc.method": traced.name}
    if traced.kind is not None:
        found["error.type"] = traced.kind
    return found


def trace_number(instance_id: str, trace_id: str) -> int:
    """Return the number of a trace: ours in front, so that either is found by the other; samplers go by what is behind it."""
    behind = blake2b(f"{instance_id}/{trace_id}".encode(), digest_size=8).digest()
    try:
        front = int(trace_id, 16) % 2**64
    except ValueError:
        front = 0
    return front << 64 | int.from_bytes(behind, "big") | 1


class Told(Handler):
    """Hands on to the log what the SDK and its like complain of, a complaint a minute of each part of them."""

    def __init__(self, log: Logger) -> None:
        super().__init__(WARNING)
        self._log = log
        self._told: dict[tuple[str, int], float] = {}
        self._untold: Counter[tuple[str, int]] = Counter()

    def listen(self) -> None:
        """Take what the SDK says from now on, from any thread; nobody else gets it."""
        logger = getLogger("opentelemetry")
        logger.addHandler(self)
        logger.propagate = False

    def leave(self) -> None:
        """Take nothing more."""
        logger = getLogger("opentelemetry")
        logger.removeHandler(self)
        logger.propagate = True

    def emit(self, record: LogRecord) -> None:
        self.say(record.name, record.getMessage(), record.levelno)

    def say(self, part: str, detail: str, level: int = WARNING) -> None:
        """Write a line, with how many were like it since the last one; none where that was less than a minute ago."""
        now, alike = monotonic(), (part, level)
        if now - self._told.get(alike, -inf) < QUIET_SECONDS:
            self._untold[alike] += 1
            return
        self._told[alike] = now
        self._log.warning("traces cannot be exported", detail=detail, more=self._untold.pop(alike, 0))
