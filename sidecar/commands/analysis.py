"""Commands of analyses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from protocol.commands.analysis import Analysis, MediaAnalyze
from protocol.errors import InvalidParams
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file, readable
from sidecar.commands.registry import command
from sidecar.services.media.spans import span_of
from sidecar.services.projects.world import located


@command("media.analyze")
async def analyze(params: MediaAnalyze, call: Call) -> Analysis:
    """Measure, telling of what is found as it is found."""
    from sidecar.services.media.analysis.messages import Options  # noqa: PLC0415 - start-up time
    from sidecar.services.media.analysis.service import Asked, Listener  # noqa: PLC0415 - start-up time

    path, shown = await _target(params, call)
    report, listener = call.report, None
    if report is not None:

        def done(seconds: float, total: float | None) -> None:
            report({"kind": "report", "done": seconds, "total": total, "message": None})

        def items(found: list[dict[str, Any]]) -> None:
            report({"kind": "items", "items": found})

        listener = Listener(done, items)
    asked = Asked(
        kinds=tuple(params.kinds),
        video=params.video_stream,
        audio=params.audio_stream,
        span=span_of(params.range),
        options=Options(
            interval=params.interval,
            scenes=params.scenes,
            black=params.black,
            freeze=params.freeze,
            silence=params.silence,
        ),
    )
    await call.progress({"kind": "begin", "title": "Measuring", "total": None})
    found = await call.services.analyses.analyze(path, asked, shown=shown, listener=listener)
    await call.progress({"kind": "end"})
    return found


async def _target(params: MediaAnalyze, call: Call) -> tuple[Path, str]:
    """Return the file that is meant, and how errors name it."""
    if params.path is not None and params.media is None:
        return await media_file(params.path, call), params.path
    if params.path is not None or params.media is None:
        raise InvalidParams(detail="exactly one of path and media", path="/path")
    view = await call.services.projects.resolve_ref(readable(params.media.project, call))
    meant = params.media.id
    written = next((entry.path for entry in view.project.media if entry.id == meant), None)
    if written is None:
        raise InvalidParams(detail=f"the bin has no entry {meant!r}", path="/media/id")
    return await trio.to_thread.run_sync(located, written, view.base, call.check_read), written
