"""What OpenTelemetry is given: operations that ended, with the stages and the times that they had."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from logging import getLogger
from pathlib import Path
from time import perf_counter, time_ns
from typing import Any

import pytest
import trio
import trio.testing
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from sidecar.core.spans import Recorder, Timed, Traced
from sidecar.services.monitoring import tracing
from sidecar.services.monitoring.meter import Meter
from sidecar.services.monitoring.tracing import SLICE, export_traces, installed, open_export, trace_number
from tests.harness.patience import PATIENCE
from tests.services.monitoring.watching import Log
from tests.services.render.studio import SHORT, studio

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

    def many(self, spans: int) -> None:
        """End an operation that had so many stages."""
        began = perf_counter()
        recorder = self.meter.recorder(began)
        assert recorder is not None
        for _ in range(spans):
            recorder.note("decode", began, began)
        self.meter.traced(recorder, "render", TRACE, perf_counter(), None)


@asynccontextmanager
async def exporting(processor: SpanProcessor) -> AsyncIterator[Exported]:
    found = Exported()
    logger: Any = found.log
    with trio.fail_after(PATIENCE):
        export = await open_export(logger, "instance", lambda: processor)
        assert export is not None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(export_traces, found.meter, export)
            while not found.meter.tracers:
                await trio.lowlevel.checkpoint()
            yield found
            nursery.cancel_scope.cancel()
    assert found.meter.tracers == []


async def test_an_operation_is_a_trace_with_a_span_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "theirs")
    exporter, began = InMemorySpanExporter(), time_ns()
    async with exporting(SimpleSpanProcessor(exporter)) as exported:
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


async def test_a_receiver_that_fails_costs_spans_and_a_line_in_the_log_each_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> Any:
            raise OSError("nobody is there")

    now = [100.0]
    monkeypatch.setattr(tracing, "monotonic", lambda: now[0])
    async with exporting(SimpleSpanProcessor(Failing())) as exported:
        lines = exported.log.lines
        exported.many(4)
        while not lines:
            await trio.lowlevel.checkpoint()
        now[0] += 59.9
        exported.many(4)
        await trio.testing.wait_all_tasks_blocked()
        assert [(line["event"], line["level"], line["more"]) for line in lines] == [
            ("traces cannot be exported", "warning", 0)
        ]
        now[0] += 0.2
        exported.many(0)
        await trio.testing.wait_all_tasks_blocked()
        assert [line["more"] for line in lines] == [0, 9]
    assert getLogger("opentelemetry").handlers == []


async def test_what_is_plugged_in_and_fails_costs_no_operation_its_end() -> None:
    class Failing(SpanProcessor):
        def on_start(self, span: Span, parent_context: Context | None = None) -> None:
            raise RuntimeError("of another make")

        def shutdown(self) -> None:
            raise RuntimeError("nor does it end")

    async with exporting(Failing()) as exported:
        for _ in range(2):
            await exported.operation("media.probe")
            await trio.testing.wait_all_tasks_blocked()
    assert [line["detail"] for line in exported.log.lines] == [
        "RuntimeError('of another make')",
        "RuntimeError('nor does it end')",
    ]


async def test_variables_that_the_sdk_refuses_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
    log = Log()
    logger: Any = log
    assert await open_export(logger, "instance") is None
    (line,) = log.lines
    assert line["event"] == "traces cannot be exported"
    assert "max_export_batch_size" in line["detail"]
    assert getLogger("opentelemetry").handlers == []


async def test_others_have_their_turn_while_a_long_trace_is_made() -> None:
    class Noting(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            at.append(turns)

    at: list[int] = []
    turns = 0
    async with exporting(Noting()) as exported:
        exported.many(6 * SLICE)
        while len(at) < 6 * SLICE + 1:
            turns += 1
            await trio.lowlevel.checkpoint()
    # Of two turns in a row, which go in any order, both slices may lie between the same of the test's.
    assert all(at.count(turn) <= 2 * SLICE for turn in at)


async def test_more_than_can_wait_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "WAITING", 2)
    exporter = InMemorySpanExporter()
    async with exporting(SimpleSpanProcessor(exporter)) as exported:
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(5):
            exported.many(0)
    # One goes to who waits for it, two wait.
    assert len(exporter.get_finished_spans()) == 3
    assert [line["detail"] for line in exported.log.lines] == ["more than 2 operations wait"]


async def test_what_waits_is_sent_at_the_end() -> None:
    exporter = InMemorySpanExporter()
    async with exporting(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000)) as exported:
        await trio.testing.wait_all_tasks_blocked()
        exported.many(2 * SLICE)
        exported.many(0)
    names = [span.name for span in exporter.get_finished_spans()]
    assert (names.count("render"), names.count("decode")) == (2, 2 * SLICE)


async def test_a_job_has_ended_for_all_when_its_trace_is_told(tmp_path: Path) -> None:
    states: list[str] = []
    async with studio(tmp_path / "home") as desk:
        heard = desk.services.events.subscribe(["render.state"])

        def tell(traced: Traced) -> None:
            while (event := heard.take()) is not None:
                states.append(event.payload.job.state)

        desk.services.meter.tracers.append(tell)
        await desk.finish(SHORT, tmp_path / "film.mp4")
    assert states[-1] == "completed"


def test_where_the_sdk_is_not_installed_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed()
    monkeypatch.setattr(tracing, "SDK", "opentelemetry_not_there.sdk.trace")
    assert not installed()
