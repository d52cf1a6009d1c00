"""Commands of renders."""

from __future__ import annotations

from msgspec.structs import replace

from protocol.commands.render import (
    Job,
    JobId,
    JobIds,
    JobList,
    JobMove,
    JobQuery,
    JobsQuery,
    Plan,
    PresetList,
    PresetQuery,
    Removed,
    RenderPlan,
    RenderStart,
    Started,
)
from sidecar.commands.call import Call
from sidecar.commands.refs import readable
from sidecar.commands.registry import command


@command("render.start")
async def start(params: RenderStart, call: Call) -> Started:
    """Plan and queue."""
    target = call.check_write(params.output)
    request = replace(params, project=readable(params.project, call))
    return await call.services.render.start(request, target, call.connection.grant.reading, call.trace_id)


@command("render.cancel")
async def cancel(params: JobId, call: Call) -> Job:
    """End, and wait until it has ended."""
    return await call.services.render.cancel(params.job_id)


@command("render.pause")
async def pause(params: JobId, call: Call) -> Job:
    """Stop where it stands."""
    return await call.services.render.pause(params.job_id)


@command("render.resume")
async def resume(params: JobId, call: Call) -> Job:
    """Let it go on."""
    return await call.services.render.resume(params.job_id)


@command("render.move")
async def move(params: JobMove, call: Call) -> Job:
    """Another place in the queue."""
    return await call.services.render.move(params)


@command("render.remove")
async def remove(params: JobIds, call: Call) -> Removed:
    """Out of the history."""
    return Removed(removed=await call.services.render.remove(params.job_ids))


@command("render.job")
async def job(params: JobQuery, call: Call) -> Job:
    """One job."""
    await call.services.render.opened()
    return call.services.render.job(params.job_id, segments=params.segments)


@command("render.jobs")
async def jobs(params: JobsQuery, call: Call) -> JobList:
    """A page of jobs."""
    await call.services.render.opened()
    return call.services.render.jobs(params)


@command("render.plan")
async def plan(params: RenderPlan, call: Call) -> Plan:
    """Plan only."""
    request = replace(params, project=readable(params.project, call))
    return await call.services.render.plan(request, call.check_read)


@command("render.presets")
async def list_presets(params: PresetQuery, call: Call) -> PresetList:
    """Named export settings."""
    return PresetList(presets=call.services.render.presets(params.container))
