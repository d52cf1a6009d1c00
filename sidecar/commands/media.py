"""Commands of media files."""

from __future__ import annotations

import trio

from protocol.commands.media import MediaInfo, MediaProbe
from sidecar.commands.call import Call
from sidecar.commands.registry import command
from sidecar.services.media.paths import local_path


@command("media.probe")
async def probe(params: MediaProbe, call: Call) -> MediaInfo:
    """Read what a file holds."""
    path = await trio.to_thread.run_sync(call.check_read, str(local_path(params.path)))
    return await call.services.media.probe(
        path, index=params.index, refresh=params.refresh, timeout=params.timeout_ms / 1000, shown=params.path
    )
