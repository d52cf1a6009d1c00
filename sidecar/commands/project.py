"""project.open, load, update, get, close, save, validate and analyze."""

from __future__ import annotations

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
from sidecar.commands.call import Call
from sidecar.commands.refs import readable
from sidecar.commands.registry import command
from sidecar.services.projects import Scope


@command("project.open")
async def open_(params: ProjectOpen, call: Call) -> Opened:
    """Open a project that the client holds."""
    opened: Opened = await call.services.projects.open(
        params.project, base_path=params.base_path, recover=params.recover
    )
    return opened


@command("project.load")
async def load(params: ProjectLoad, call: Call) -> Loaded:
    """Open a project file."""
    loaded: Loaded = await call.services.projects.load(call.check_read(params.path), recover=params.recover)
    return loaded


@command("project.update")
async def update(params: ProjectUpdate, call: Call) -> Updated:
    """Edit an open project."""
    updated: Updated = await call.services.projects.update(
        params.project_id, params.base_revision, patch=params.patch, project=params.project, by=call.client
    )
    return updated


@command("project.get")
async def get(params: ProjectId, call: Call) -> ProjectState:
    """Return an open project."""
    state: ProjectState = call.services.projects.get(params.project_id)
    return state


@command("project.close")
async def close(params: ProjectClose, call: Call) -> Nothing:
    """Close an open project."""
    await call.services.projects.close(params.project_id, discard=params.discard)
    return Nothing()


@command("project.save")
async def save(params: ProjectSave, call: Call) -> Saved:
    """Write a project to its file."""
    ref = readable(params.project, call)
    target = params.path or call.services.projects.path_of(ref)
    saved: Saved = await call.services.projects.save(
        ref,
        path=None if target is None else call.check_write(str(target)),
        expect=params.expect,
        backups=params.backups,
        relative_paths=params.relative_paths,
        by=call.client,
    )
    return saved


@command("project.validate")
async def validate(params: ProjectValidate, call: Call) -> Validated:
    """List every problem of a project."""
    validated: Validated = await call.services.projects.validate(
        readable(params.project, call),
        Scope(media=params.media, for_export=params.for_export, max_problems=params.max_problems),
        check_read=call.check_read,
    )
    return validated


@command("project.analyze")
async def analyze(params: ProjectAnalyze, call: Call) -> ProjectAnalysis:
    """Count what a project holds and uses."""
    analysis: ProjectAnalysis = await call.services.projects.analyze(
        readable(params.project, call), check_read=call.check_read
    )
    return analysis
