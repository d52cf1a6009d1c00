"""Services opened for a test, and small projects to render with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from protocol.commands.render import Job, RenderPlan, RenderStart, Started
from protocol.commands.shared import ProjectRef, Range
from sidecar.services.access import ReadAccess
from sidecar.services.container import ServiceOptions, Services, open_services
from tests.harness.patience import PATIENCE
from tests.harness.program import environment


def project(*clips: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """One video track of these clips, silent unless `export` says otherwise."""
    return {
        "schema": "timeline/1",
        "id": "film",
        "frameRate": "25",
        "width": 64,
        "height": 36,
        "tracks": [{"kind": "video", "clips": list(clips)}],
        "export": {"audio": None},
        **members,
    }


def color(start: float, duration: float, value: str = "#804020") -> dict[str, Any]:
    return {"source": {"kind": "color", "color": value}, "start": start, "duration": duration}


def file(path: Path, start: float, duration: float, **members: Any) -> dict[str, Any]:
    return {"source": {"kind": "file", "path": str(path)}, "start": start, "duration": duration, **members}


SHORT = project(color(0, 1))
LONG = project(
    color(0, 3_000),
    frameRate="60",
    width=640,
    height=360,
    # Held to a bitrate it is encoded in one piece: in cells, one picture takes no time however long it stands.
    export={"audio": None, "video": {"preset": "slowest", "rateControl": "bitrate", "bitrate": 1_000_000}},
)


class Studio:
    """Opened services, with the render service's calls made short."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.render = services.render

    async def start(self, raw: dict[str, Any], target: Path, **members: Any) -> Started:
        request = RenderStart(project=ProjectRef(inline=raw), output=str(target), **members)
        return await self.render.start(request, target, ReadAccess(), "trace")

    async def plan(self, raw: dict[str, Any], span: Range | None = None, **export: Any) -> Any:
        return await self.render.plan(RenderPlan(project=ProjectRef(inline=raw), range=span, export=export), Path)

    async def finish(self, raw: dict[str, Any], target: Path, **members: Any) -> Job:
        started = await self.start(raw, target, **members)
        with trio.fail_after(PATIENCE):
            return await self.render.wait(started.job_id)

    async def running(self, job_id: str) -> None:
        """Wait until frames come out of a job."""
        with trio.fail_after(PATIENCE):
            woken = trio.Event()
            subscription = self.services.events.subscribe(["render.progress"], job_id=job_id, wake=lambda: woken.set())  # noqa: PLW0108 - `woken` is another one each time
            while True:
                event = subscription.take()
                if event is None:
                    await woken.wait()
                    woken = trio.Event()
                elif event.payload.stage == "picture":
                    break
            self.services.events.unsubscribe(subscription)


@asynccontextmanager
async def studio(home: Path, **settings: Any) -> AsyncIterator[Studio]:
    async with open_services(ServiceOptions(arguments=settings, environ=environment(home))) as services:
        yield Studio(services)
