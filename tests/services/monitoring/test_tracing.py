"""What OpenTelemetry is given: operations that ended, with the stages and the times that they had."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from logging import getLogger
from time import perf_counter, time_ns
from typing import Any

import pytest
import trio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from sidecar.core.spans import Recorder, Timed
from sidecar.services.monitoring import tracing
from sidecar.services.monitoring.meter import Meter
from sidecar.services.monitoring.tracing import export_traces, installed, trace_number
from tests.harness.patience import PATIENCE
from tests.services.monitoring.watching import Log

TRACE = "0123456789abcdef"


@dataclass
class Exported:
    """Operations that are exported as they end."""

    meter: Meter = field(default_factory=Meter)
    log: Log = field(default_factory=Log)

    async def operation(self, name: str, kind: str | None = None, trace_id: str = TRACE) -> None:
        began = perf_counter()
        recorder = self.meter.recorder(began)
        assert recorder is not None
        recorder.note("decode", began, began)
        await self._work(recorder)
        self.meter.traced(recorder, name, trace_id, perf_counter(), kind)

    async def _work(self, recorder: Recorder) -> None:
        async def work() -> None:
            recorder.begin()
            with Timed("plan"), Timed("worker", task="media.probe"):
                await trio.lowlevel.checkpoint()
            with trio.move_on_after(0), Timed("ffmpeg", role="render"):
                await trio.sleep_forever()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)


@asynccontextmanager
async def exporting(exporter: SpanExporter) -> AsyncIterator[Exported]:
    found = Exported()
    logger: Any = found.log
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(export_traces, found.meter, logger, "instance", lambda: SimpleSpanProcessor(exporter))
            while not found.meter.tracers:
                await trio.lowlevel.checkpoint()
            yield found
            nursery.cancel_scope.cancel()
    assert found.meter.tracers == []


async def test_an_operation_is_a_trace_with_a_span_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "theirs")
    exporter, began = InMemorySpanExporter(), time_ns()
    async with exporting(exporter) as exported:
        await exported.operation("media.probe")
        await exported.operation("render", "diskFull")
        await exported.operation("project.get", "projectNotOpen", trace_id="another")
    spans = exporter.get_finished_spans()
    probe, render, get = (
        next(span for span in spans if span.name == name) for name in ("media.probe", "render", "project.get")
    )
    for root in (probe, render, get):
        assert root.parent is None
        around = {span.name: [each.name for each in path(spans, span)] for span in spans if root in path(spans, span)}
        assert around == {
            root.name: [root.name],
            "decode": ["decode", root.name],
            "plan": ["plan", root.name],
            "worker": ["worker", "plan", root.name],
            "ffmpeg": ["ffmpeg", root.name],
        }
    for span in spans:
        assert span.start_time is not None
        assert span.end_time is not None
        assert began - 1_000_000_000 < span.start_time <= span.end_time < time_ns() + 1_000_000_000
        assert span.resource.attributes["service.name"] == "theirs"
        assert span.resource.attributes["service.instance.id"] == "instance"
    assert (probe.kind, render.kind) == (SpanKind.SERVER, SpanKind.INTERNAL)
    assert dict(probe.attributes or {}) == {
        "videoc.trace_id": TRACE,
        "rpc.system": "jsonrpc",
        "rpc.method": "media.probe",
    }
    assert dict(render.attributes or {}) == {"videoc.trace_id": TRACE, "error.type": "diskFull"}
    # Whoever asked for it sees one trace of both; what a caller got wrong is no fault.
    assert of(probe) == of(render) != of(get)
    codes = [span.status.status_code for span in (probe, render, get)]
    assert codes == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]


def of(span: ReadableSpan) -> int:
    assert span.context is not None
    trace_id: int = span.context.trace_id
    return trace_id


def path(spans: Sequence[ReadableSpan], span: ReadableSpan) -> list[ReadableSpan]:
    """Return a span and those around it, the outermost last."""
    above = [each for each in spans if span.parent and each.context and each.context.span_id == span.parent.span_id]
    return [span, *(path(spans, above[0]) if above else [])]


def test_a_trace_is_found_by_the_id_that_the_log_has() -> None:
    number = trace_number("instance", TRACE)
    assert f"{number:032x}".startswith(TRACE)
    assert number != trace_number("another", TRACE)
    assert 0 < trace_number("instance", "no number") < 2**128


async def test_a_receiver_that_fails_costs_spans_and_a_line_in_the_log() -> None:
    class Failing(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> Any:
            raise OSError("nobody is there")

    async with exporting(Failing()) as exported:
        await exported.operation("media.probe")
    assert {(line["event"], line["level"]) for line in exported.log.lines} == {("traces cannot be exported", "warning")}
    assert getLogger("opentelemetry").handlers == []


def test_where_the_sdk_is_not_installed_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed()
    monkeypatch.setattr(tracing, "SDK", "opentelemetry_not_there.sdk.trace")
    assert not installed()
