"""project.open, load, update, get, close, save, validate and analyze."""

from __future__ import annotations

from contextlib import suppress

from protocol.commands import Nothing
from protocol.commands.project import (
    Loaded,
    Opened,
    ProjectAnalysis,
    ProjectAnalyze,
    ProjectClose,
    ProjectId,
    ProjectLoad,
    ProjectOpen,
    ProjectSave,
    ProjectState,
    ProjectUpdate,
    ProjectValidate,
    Saved,
    Updated,
    Validated,
)
from protocol.commands.shared import ProjectRef
from protocol.errors import ProjectNotOpen
from sidecar.commands.call import Call
from sidecar.commands.refs import readable
from sidecar.commands.registry import command
from sidecar.services.projects import Scope


async def follow(call: Call, project_id: str) -> None:
    """Have the files of a project watched as it is now, as far as the connection may read them."""
    with suppress(ProjectNotOpen):
        view = await call.services.projects.resolve_ref(ProjectRef(id=project_id))
        call.services.bin.follow(project_id, view, call.connection.grant.reading)


@command("project.open")
async def open_(params: ProjectOpen, call: Call) -> Opened:
    """Open a project that the client holds."""
    opened = await call.services.projects.open(params.project, base_path=params.base_path, recover=params.recover)
    await follow(call, opened.project_id)
    return opened


@command("project.load")
async def load(params: ProjectLoad, call: Call) -> Loaded:
    """Open a project file."""
    loaded = await call.services.projects.load(call.check_read(params.path), recover=params.recover)
    await follow(call, loaded.project_id)
    return loaded


@command("project.update")
async def update(params: ProjectUpdate, call: Call) -> Updated:
    """Edit an open project."""
    updated = await call.services.projects.update(
        params.project_id,
        params.base_revision,
        patch=params.patch,
        project=params.project,
        label=params.label,
        by=call.client,
    )
    await follow(call, params.project_id)
    return updated


@command("project.get")
async def get(params: ProjectId, call: Call) -> ProjectState:
    """Return an open project."""
    return call.services.projects.get(params.project_id)


@command("project.close")
async def close(params: ProjectClose, call: Call) -> Nothing:
    """Close an open project."""
    await call.services.projects.close(params.project_id, discard=params.discard)
    call.services.bin.forget(params.project_id)
    return Nothing()


@command("project.save")
async def save(params: ProjectSave, call: Call) -> Saved:
    """Write a project to its file."""
    ref = readable(params.project, call)
    target = params.path or call.services.projects.path_of(ref)
    return await call.services.projects.save(
        ref,
        path=None if target is None else call.check_write(str(target)),
        expect=params.expect,
        backups=params.backups,
        relative_paths=params.relative_paths,
        contents={} if ref.id is None else call.services.bin.remembered(ref.id),
        by=call.client,
    )


@command("project.validate")
async def validate(params: ProjectValidate, call: Call) -> Validated:
    """List every problem of a project."""
    return await call.services.projects.validate(
        readable(params.project, call),
        Scope(media=params.media, for_export=params.for_export, max_problems=params.max_problems),
        check_read=call.check_read,
    )


@command("project.analyze")
async def analyze(params: ProjectAnalyze, call: Call) -> ProjectAnalysis:
    """Count what a project holds and uses."""
    return await call.services.projects.analyze(readable(params.project, call), check_read=call.check_read)
