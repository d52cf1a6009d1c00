"""Commands of filmstrips."""

from __future__ import annotations

import msgspec
import trio

from protocol.commands.filmstrip import Filmstrip, MediaFilmstrip
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.registry import command
from sidecar.services.media.paths import local_path


@command("media.filmstrip")
async def filmstrip(params: MediaFilmstrip, call: Call) -> Filmstrip:
    """Make pictures, telling of them as they come."""
    path = await trio.to_thread.run_sync(call.check_read, str(local_path(params.path)))

    def report(value: Progress) -> None:
        if call.report is not None:
            call.report(msgspec.to_builtins(value))

    return await call.services.filmstrips.filmstrip(params, path, shown=params.path, report=report)
