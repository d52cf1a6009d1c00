"""Commands of proxies."""

from __future__ import annotations

import msgspec

from protocol.commands.proxy import MediaProxy, Proxy
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file
from sidecar.commands.registry import command


@command("media.proxy")
async def proxy(params: MediaProxy, call: Call) -> Proxy:
    """Make one, telling how far it is."""
    path = await media_file(params.path, call)

    def tell(value: Progress) -> None:
        if call.report is not None:
            call.report(msgspec.to_builtins(value))

    read = call.connection.grant.reading
    return await call.services.proxies.proxy(params, path, shown=params.path, read=read, tell=tell)
