"""Commands of media files."""

from __future__ import annotations

import trio

from protocol.commands.media import KeyframeTimes, MediaConcat, MediaInfo, MediaKeyframes, MediaProbe
from protocol.commands.render import Started
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file
from sidecar.commands.registry import command
from sidecar.services.media.paths import local_path


@command("media.probe")
async def probe(params: MediaProbe, call: Call) -> MediaInfo:
    """Read what a file holds."""
    path = await media_file(params.path, call)
    return await call.services.media.probe(
        path, index=params.index, refresh=params.refresh, timeout=params.timeout_ms / 1000, shown=params.path
    )


@command("media.keyframes")
async def keyframes(params: MediaKeyframes, call: Call) -> KeyframeTimes:
    """List keyframes."""
    from sidecar.services.media.keyframes import list_keyframes  # noqa: PLC0415 - start-up time

    path = await media_file(params.path, call)
    return await list_keyframes(call.services.media, path, params)


@command("media.concat")
async def concat(params: MediaConcat, call: Call) -> Started:
    """Plan and queue."""
    from sidecar.services.concat.start import start_concat  # noqa: PLC0415 - start-up time

    target = call.check_write(params.output)
    paths = await trio.to_thread.run_sync(
        lambda: [call.check_read(str(local_path(each.path))) for each in params.inputs]
    )
    return await start_concat(
        params,
        paths,
        target,
        read=call.connection.grant.reading,
        trace_id=call.trace_id,
        media=call.services.media,
        render=call.services.render,
    )
