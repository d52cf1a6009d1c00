"""system.info, system.health, system.trace and fonts.list."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.system import FontList, FontQuery, Health, SystemInfo, Trace, TraceQuery
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("system.info")
async def info(_params: Empty, call: Call) -> SystemInfo:
    """Say what runs here, and on what."""
    return await call.services.system.info()


@command("system.health")
async def health(_params: Empty, call: Call) -> Health:
    """Check what the work needs."""
    return await call.services.system.health()


@command("system.trace")
async def trace(params: TraceQuery, call: Call) -> Trace:
    """Fetch the log lines of a trace."""
    return await call.services.system.trace(params.trace_id, params.limit)


@command("fonts.list")
async def fonts(params: FontQuery, call: Call) -> FontList:
    """List the fonts at hand."""
    return call.services.system.list_fonts(params.contains)
