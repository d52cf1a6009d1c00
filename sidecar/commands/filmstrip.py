"""Commands of filmstrips."""

from __future__ import annotations

import msgspec

from protocol.commands.filmstrip import Filmstrip, MediaFilmstrip
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file
from sidecar.commands.registry import command


@command("media.filmstrip")
async def filmstrip(params: MediaFilmstrip, call: Call) -> Filmstrip:
    """Make pictures, telling of them as they come."""
    path = await media_file(params.path, call)

    def report(value: Progress) -> None:
        if call.report is not None:
            call.report(msgspec.to_builtins(value))

    return await call.services.filmstrips.filmstrip(params, path, shown=params.path, report=report)
