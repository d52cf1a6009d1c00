"""What real requests and renders spent their time on: in the log by their trace ids, and at an OpenTelemetry receiver."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import trio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.shell import INITIALIZE, SIDECAR, spawn
from tests.harness.spawned import Spawned
from tests.services.render.studio import file, project


@contextmanager
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """Take traces over HTTP as a collector does; yields its address, and the spans that have come."""
    spans: list[Any] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                message = ExportTraceServiceRequest.FromString(body)
                for resource in message.resource_spans:
                    spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", spans
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def traced(home: Path, own: Mapping[str, str]) -> AsyncIterator[tuple[Spawned, dict[str, bool]]]:
    """Run a sidecar that is to export traces, in such an environment, until it has ended by itself."""
    async with spawn(SIDECAR, env={**environment(home), **own}) as shell, trio.open_nursery() as nursery:
        sidecar = Spawned(shell)
        nursery.start_soon(sidecar.listen)
        features = (await sidecar.request("initialize", **INITIALIZE, wants=["traces"]))["features"]
        yield sidecar, features
        await shell.close()
        with trio.fail_after(PATIENCE):
            await shell.process.wait()
        nursery.cancel_scope.cancel()


async def test_stages_are_logged_and_exported(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    raw = project(file(clip, 0, 1))
    with receiver() as (address, spans):
        own = {"SIDECAR_LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        async with traced(tmp_path, own) as (sidecar, features):
            assert features["traces"] is True
            await sidecar.request("events.subscribe", topics=["render.state", "log"])
            await sidecar.request("media.probe", path=str(clip))
            await sidecar.request("preview.frame", project={"inline": raw}, frame=3)
            output = str(tmp_path / "film.mp4")
            await sidecar.request("render.start", project={"inline": raw}, output=output, jobId="film")
            await sidecar.until("render.state", job__jobId="film", job__state="completed")
            found = {
                name: await staged(sidecar, name) for name in ("media.probe", "preview.frame", "render.start", "render")
            }
            with trio.fail_after(PATIENCE):
                while not found.keys() <= {span.name for span in spans}:  # noqa: ASYNC110 - a thread tells nobody
                    await trio.sleep(0.05)
    stages = {name: set(line["stages"]) for name, line in found.items()}
    assert stages["media.probe"] == {"decode", "queue", "worker"}
    assert stages["preview.frame"] >= {"decode", "queue", "plan", "ffmpeg"}
    assert stages["render.start"] >= {"decode", "queue", "plan"}
    assert stages["render"] >= {"ffmpeg", "publish"}
    assert found["render"]["traceId"] == found["render.start"]["traceId"]
    for line in found.values():
        assert all(stage["ms"] >= 0 and stage["count"] >= 1 for stage in line["stages"].values())
        assert line["kind"] is None
    for name, line in found.items():
        (root,) = [span for span in spans if span.name == name]
        assert root.trace_id.hex().startswith(line["traceId"])
        below = {span.name for span in spans if span.trace_id == root.trace_id and span.parent_span_id}
        assert below >= stages[name]
        took = (root.end_time_unix_nano - root.start_time_unix_nano) / 1e6
        assert abs(took - line["ms"]) < 1


async def test_what_has_not_been_sent_is_sent_at_the_end(tmp_path: Path) -> None:
    with receiver() as (address, spans):
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        async with traced(tmp_path, own) as (sidecar, _):
            # What comes right behind `initialize` may come before anything is counted.
            await sidecar.request("system.info")
            await sidecar.request("alerts.silences")
            assert not spans
    assert "alerts.silences" in {span.name for span in spans}


async def test_variables_that_the_sdk_refuses_cost_traces_alone(tmp_path: Path) -> None:
    async with traced(tmp_path, {"OTEL_BSP_MAX_QUEUE_SIZE": "1"}) as (sidecar, features):
        assert features["traces"] is False
        assert (await sidecar.request("alerts.silences"))["silences"] == []
        log = trio.Path((await sidecar.request("system.info"))["paths"]["log"])
        with trio.fail_after(PATIENCE):
            while "traces cannot be exported" not in "".join([await each.read_text() for each in await log.glob("*")]):  # noqa: ASYNC110 - a file tells nobody
                await trio.sleep(0.05)


async def staged(sidecar: Spawned, name: str) -> Any:
    """Return the log line of an operation, once it is there, as its trace id finds it."""
    line = await sidecar.until("log", message="spans", fields__operation=name)
    trace_id = line["traceId"]
    lines = (await sidecar.request("system.trace", traceId=trace_id))["lines"]
    return next(each for each in lines if each["event"] == "spans" and each["operation"] == name)
