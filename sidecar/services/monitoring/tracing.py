"""Operations as OpenTelemetry's traces: the one place that imports its SDK, which the extra `otel` brings.

Where they go, and how many of them, is said by the SDK's own environment variables: OTEL_EXPORTER_OTLP_ENDPOINT (this
machine unless it says otherwise), OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and so on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from logging import WARNING, Handler, LogRecord, getLogger
from typing import TYPE_CHECKING

import trio

from sidecar import __version__
from sidecar.core.monitoring.outcomes import RENDER, outcome_of
from sidecar.core.spans import Span, Traced, Tracer
from sidecar.services.logger import Logger
from sidecar.services.monitoring.meter import Meter

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

SDK = "opentelemetry.sdk.trace"
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
NAME = "video-compiler-sidecar"

FLUSH_SECONDS = 2.0
"""For what has not been sent when the sidecar ends."""

NANO = 1_000_000_000


def installed() -> bool:
    """Say whether the SDK and its exporter are there."""
    try:
        return find_spec(SDK) is not None and find_spec(EXPORTER) is not None
    except ModuleNotFoundError:
        return False


def over_http() -> SpanProcessor:
    """Return what sends spans in batches, from a thread of its own. Imports for a tenth of a second."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    return BatchSpanProcessor(OTLPSpanExporter())


async def export_traces(
    meter: Meter, log: Logger, instance_id: str, processor: Callable[[], SpanProcessor] = over_http
) -> None:
    """Hand every operation that ends to the SDK, until cancelled; what waits is sent then, for FLUSH_SECONDS at most.

    A receiver that is not there costs spans, and a line in the log.
    """
    told, complaints = _Told(log), getLogger("opentelemetry")
    complaints.addHandler(told)
    complaints.propagate = False
    try:
        provider = await trio.to_thread.run_sync(partial(_provider, instance_id, processor))
        tracer = _tracer(provider, instance_id)
        meter.tracers.append(tracer)
        try:
            await trio.sleep_forever()
        finally:
            meter.tracers.remove(tracer)
            with trio.move_on_after(FLUSH_SECONDS, shield=True):
                await trio.to_thread.run_sync(provider.shutdown, abandon_on_cancel=True)
    finally:
        complaints.removeHandler(told)
        complaints.propagate = True


def _provider(instance_id: str, processor: Callable[[], SpanProcessor]) -> TracerProvider:
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    own = {"service.name": NAME, "service.version": __version__, "service.instance.id": instance_id}
    # What the environment says of the service comes before what we say.
    resource = Resource.create(own).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor())
    return provider


def _tracer(provider: TracerProvider, instance_id: str) -> Tracer:
    """Return what makes spans of an operation that has ended, with the times that it had."""
    from opentelemetry.context import Context  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context  # noqa: PLC0415

    class Ids(RandomIdGenerator):
        trace = 0

        def generate_trace_id(self) -> int:
            return self.trace

    ids = provider.id_generator = Ids()
    tracer = provider.get_tracer(NAME, __version__)

    def tell(traced: Traced) -> None:
        start = time.time_ns() - int(time.perf_counter() * NANO)

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
        if traced.kind is not None and outcome_of(traced.kind) == "fault":
            root.set_status(Status(StatusCode.ERROR, traced.kind))
        root.end(at(traced.ended))

    return tell


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


class _Told(Handler):
    """Hands on to the log what the SDK complains of."""

    def __init__(self, log: Logger) -> None:
        super().__init__(WARNING)
        self._log = log

    def emit(self, record: LogRecord) -> None:
        self._log.warning("traces cannot be exported", detail=record.getMessage())
