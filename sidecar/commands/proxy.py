"""Commands of proxies."""

from __future__ import annotations

import msgspec
import trio

from protocol.commands.proxy import MediaProxy, Proxy
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.registry import command
from sidecar.services.media.paths import local_path


@command("media.proxy")
async def proxy(params: MediaProxy, call: Call) -> Proxy:
    """Make one, telling how far it is."""
    path = await trio.to_thread.run_sync(call.check_read, str(local_path(params.path)))

    def tell(value: Progress) -> None:
        if call.report is not None:
            call.report(msgspec.to_builtins(value))

    read = call.connection.grant.reading
    return await call.services.proxies.proxy(params, path, shown=params.path, read=read, tell=tell)
