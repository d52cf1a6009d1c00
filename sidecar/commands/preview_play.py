"""Commands of plays."""

from __future__ import annotations

import msgspec

from protocol.commands.preview.play import PreviewPlay, PreviewPlaying, PreviewStop, PreviewStopped
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file, readable
from sidecar.commands.registry import command


@command("preview.play")
async def play(params: PreviewPlay, call: Call) -> PreviewPlaying:
    """Begin a play."""
    from sidecar.services.preview.play.service import Asker  # noqa: PLC0415 - start-up time

    path = None
    if params.project is not None:
        params = msgspec.structs.replace(params, project=readable(params.project, call))
    if params.path is not None:
        path = await media_file(params.path, call)
    asker = Asker(call.connection.ident, call.connection.grant.reading, call.trace_id, path)
    return await call.services.plays.play(params, asker)


@command("preview.stop")
async def stop(params: PreviewStop, call: Call) -> PreviewStopped:
    """End a play."""
    return PreviewStopped(at=call.services.plays.stop(params.play_id))
