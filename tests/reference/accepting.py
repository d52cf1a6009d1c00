"""Whether what validation accepts is rendered, and what it refuses is refused with problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import av
import trio

from protocol.commands.render import RenderStart
from protocol.commands.shared import ProjectRef
from protocol.errors import NothingToRender, SidecarError
from protocol.project import Project
from protocol.project.check import check
from sidecar.core.timeline import output_span, resolve
from sidecar.services.access import ReadAccess
from sidecar.services.projects import Scope
from tests.harness.patience import PATIENCE
from tests.harness.rendering import facts_of
from tests.reference.rendered import Json
from tests.services.render.studio import Studio, studio


async def outcome(desk: Studio, raw: Json, folder: Path) -> str:
    """Return "rendered", "refused", or what went wrong."""
    target = folder / f"out.{raw['export'].get('container', 'mp4')}"
    target.unlink(missing_ok=True)
    reference = ProjectRef(inline=raw, base_path=str(folder))
    verdict = await desk.services.projects.validate(reference, Scope(), check_read=Path)
    try:
        request = RenderStart(project=reference, output=str(target), overwrite=True)
        started = await desk.render.start(request, target, ReadAccess(), "trace")
    except NothingToRender:
        return "refused"
    except SidecarError as error:
        told = f"{type(error).__name__}: {error}"
        return f"accepted, then {told}" if verdict.valid else "refused"
    if not verdict.valid:
        return f"refused by validation, begun by the render: {verdict.problems[0].message}"
    with trio.move_on_after(PATIENCE):
        job = await desk.render.wait(started.job_id)
        if job.error is not None:
            return f"{job.error.code}: {job.error.message} {job.error.data}"
        return await trio.to_thread.run_sync(_judged, raw, folder, target) or "rendered"
    await desk.render.cancel(started.job_id)
    return "it hangs"


def _judged(raw: Json, folder: Path, target: Path) -> str:
    """Decode what was written and say what is wrong with its length."""
    project = check(raw).project
    assert project is not None
    timeline = resolve(project, facts_of(project, folder))
    span = output_span(timeline, project.export)
    with av.open(str(target)) as container:
        frames, samples, rate = 0, 0, 1
        for frame in container.decode(*container.streams.video, *container.streams.audio):
            if isinstance(frame, av.VideoFrame):
                frames += 1
                if (frame.width, frame.height) != (span.width, span.height):
                    return f"a frame of {frame.width} x {frame.height}"
            elif isinstance(frame, av.AudioFrame):
                samples, rate = samples + frame.samples, frame.sample_rate
    return _counted(project, span.frames, span.frames / span.rate, (frames, samples, rate))


def _counted(project: Project, frames: int, seconds: Any, got: tuple[int, int, int]) -> str:
    export = project.export
    if export.video is not None and got[0] != frames:
        return f"{got[0]} frames instead of {frames}"
    if export.audio is None or export.audio.codec != "pcm_f32le":
        return ""
    wanted = round(seconds * got[2])
    return "" if abs(got[1] - wanted) <= 1 else f"{got[1]} samples instead of {wanted}"


class Press:
    """Renders projects one after the other with services that stay open in a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._asked: Queue[Json | None] = Queue()
        self._told: Queue[str | BaseException] = Queue()

    def outcome(self, raw: Json) -> str:
        """As above; an exception of the services is raised here."""
        self._asked.put(raw)
        told = self._told.get(timeout=3 * PATIENCE)
        if isinstance(told, BaseException):
            raise told
        return told

    async def _serve(self) -> None:
        async with studio(self.folder / "home") as desk:
            while (raw := await trio.to_thread.run_sync(self._asked.get)) is not None:
                try:
                    self._told.put(await outcome(desk, raw, self.folder))
                except Exception as error:  # noqa: BLE001 - the test is told
                    self._told.put(error)

    def _run(self) -> None:
        trio.run(self._serve)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Serve while the block lasts."""
        thread = Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._asked.put(None)
            thread.join(PATIENCE)
