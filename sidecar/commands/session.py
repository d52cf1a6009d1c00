"""The life of a connection: initialize, shutdown, exit, rpc.discover, events."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from protocol.commands import Empty, Nothing
from protocol.commands.session import (
    OPEN_PROJECTS,
    PROTOCOL,
    FfmpegSummary,
    Http,
    Initialize,
    Initialized,
    Limits,
    Paths,
    Server,
    Subscribe,
    Subscribed,
    Unsubscribe,
)
from protocol.errors import DependencyMissing, InvalidParams, ResourceLimit, UnsupportedProtocol
from protocol.events import STATE_TOPICS, SystemState
from protocol.framing import MAX_MESSAGE
from protocol.jsonrpc import MAX_BATCH
from protocol.schema_hash import SCHEMA_HASH
from sidecar import __version__
from sidecar.commands import limits
from sidecar.commands.call import Call
from sidecar.commands.grant import grant_of
from sidecar.commands.registry import command

if TYPE_CHECKING:
    from sidecar.ffmpeg.toolchain import Toolchain
    from sidecar.services.container import Services
    from sidecar.services.monitoring.meter import Meter

DISTRIBUTION = "video-compiler-sidecar"

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@*,]+")


@command("initialize")
async def initialize(params: Initialize, call: Call) -> Initialized:
    """Open the connection: note who calls and what it may touch."""
    if params.protocol != PROTOCOL:
        raise UnsupportedProtocol(wanted=params.protocol, served=[PROTOCOL])
    check_origins(params.allow_origins)
    peer, services = call.connection, call.services
    tool = await services.tools.look()
    traces = await _traces(services) if "traces" in params.wants and peer.primary is None else None
    # From here to the end nothing waits: what was sent behind this request is served after it.
    peer.client = params.client.name
    peer.process_id = params.process_id
    peer.grant = grant_of(params.roots)
    if peer.primary is not None:
        peer.grant = peer.grant.within(peer.primary.grant)
    matches = None if params.schema_hash is None else params.schema_hash == SCHEMA_HASH
    services.log.logger.info(
        "initialized", client=params.client.name, client_version=params.client.version, schema_matches=matches
    )
    if peer.phase == "initializing":
        peer.phase = "ready"
    http = _http(services)
    if peer.primary is None:
        services.loopback.allow(params.allow_origins)
    services.begin()
    if traces is not None:
        services.tasks.start_soon(traces, services.meter)
    return Initialized(
        protocol=PROTOCOL,
        server=Server(
            name=DISTRIBUTION,
            version=__version__,
            pid=os.getpid(),
            instance_id=services.instance_id,
            platform=sys.platform,
        ),
        schema_hash=SCHEMA_HASH,
        schema_matches=matches,
        granted=peer.grant.describe(),
        limits=Limits(
            message_bytes=MAX_MESSAGE,
            batch=MAX_BATCH,
            in_flight=limits.IN_FLIGHT,
            progress_per_second=limits.PROGRESS_PER_SECOND,
            open_projects=OPEN_PROJECTS,
        ),
        http=http,
        ffmpeg=_ffmpeg(tool),
        paths=_paths(services),
        features={"render": tool is not None, "http": http is not None, "metrics": True, "traces": traces is not None},
    )


@command("shutdown")
async def shutdown(_params: Empty, call: Call) -> Nothing:
    """Wait for the other requests of the connection; the dispatcher refuses new ones already."""
    if call.connection.primary is None:
        call.services.events.publish("system", SystemState(state="shuttingDown", detail=None))
    await call.connection.drain()
    return Nothing()


@command("exit")
async def exit_(_params: Empty, call: Call) -> Nothing:
    """End the connection, and with the one over stdio the process."""
    call.connection.quit()
    return Nothing()


@command("rpc.discover")
async def discover(_params: Empty, _call: Call) -> dict[str, Any]:
    """Answer the OpenRPC document."""
    return _document()


@command("events.subscribe")
async def subscribe(params: Subscribe, call: Call) -> Subscribed:
    """Start a subscription of this connection; its events follow the answer."""
    peer, hub = call.connection, call.services.events
    if len(peer.subscriptions) >= limits.SUBSCRIPTIONS:
        raise ResourceLimit(what="subscriptions", value=len(peer.subscriptions) + 1, limit=limits.SUBSCRIPTIONS)
    subscription = hub.subscribe(
        params.topics,
        project_id=params.project_id,
        job_id=params.job_id,
        wake=peer.wake,
        roots=peer.grant.read,
        reader=peer.ident,
    )
    peer.subscriptions[subscription.name] = subscription
    snapshots: dict[str, Any] = {
        topic: hub.snapshot(topic, project_id=params.project_id, job_id=params.job_id, reader=peer.ident)
        for topic in params.topics
        if topic in STATE_TOPICS
    }
    return Subscribed(subscription=subscription.name, seq=subscription.seq, snapshots=snapshots)


@command("events.unsubscribe")
async def unsubscribe(params: Unsubscribe, call: Call) -> Nothing:
    """End a subscription of this connection."""
    subscription = call.connection.subscriptions.pop(params.subscription, None)
    if subscription is None:
        raise InvalidParams(detail="no such subscription on this connection", path="/subscription")
    call.services.events.unsubscribe(subscription)
    return Nothing()


@cache
def _document() -> dict[str, Any]:
    from protocol.openrpc import document  # noqa: PLC0415 - it reads every command

    return document()


def check_origins(origins: Sequence[str]) -> None:
    """Raise InvalidParams for what is no origin of a page, or of too many: `*` is everybody, `null` is anybody."""
    for index, origin in enumerate(origins):
        if _ORIGIN.fullmatch(origin) is None:
            raise InvalidParams(detail=f"{origin!r} is not scheme://host[:port]", path=f"/allowOrigins/{index}")


def _http(services: Services) -> Http | None:
    """Listen on the loopback address; None, and a line in the log, where there is none to be had."""
    services.scraping.listen(services.log.logger)
    try:
        return Http(origin=services.loopback.origin, token=services.loopback.token)
    except DependencyMissing as error:
        services.log.logger.warning("bytes are not served", detail=error.message)
        return None


async def _traces(services: Services) -> Callable[[Meter], Awaitable[None]] | None:
    """Return what tells OpenTelemetry what operations spend their time on; None, and a line in the log, where it cannot be told."""
    from sidecar.services.monitoring.tracing import export_traces, installed, open_export  # noqa: PLC0415 - for those who want it

    log = services.log.logger
    if not installed():
        log.warning("traces are not exported: the extra `otel` is not installed")
        return None
    export = await open_export(log, services.instance_id)
    return None if export is None else partial(export_traces, export=export)


def _ffmpeg(tool: Toolchain | None) -> FfmpegSummary | None:
    return None if tool is None else FfmpegSummary(path=str(tool.path), version=tool.version, licence=tool.licence)


def _paths(services: Services) -> Paths:
    folders = services.folders
    return Paths(data=str(folders.data), cache=str(folders.cache), temp=str(folders.temp), log=str(folders.log))
