"""Commands of previews."""

from __future__ import annotations

import msgspec

from protocol.commands.preview.batch import Batch, PreviewBatch
from protocol.commands.preview.frame import PreviewFrame, PreviewPicture
from protocol.errors import InvalidParams
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file, readable
from sidecar.commands.registry import command


@command("preview.frame")
async def frame(params: PreviewFrame, call: Call) -> PreviewPicture:
    """Show one picture."""
    request = msgspec.structs.replace(params, project=readable(params.project, call))
    service = await call.services.previews.wait()
    return await service.frame(request, call.connection.grant.reading, call.connection)


@command("preview.batch")
async def batch(params: PreviewBatch, call: Call) -> Batch:
    """Show many pictures, telling of them as they come."""
    if (params.project is None) == (params.path is None):
        raise InvalidParams(detail="exactly one of project and path", path="/project")
    project = None if params.project is None else readable(params.project, call)
    path = None
    if params.path is not None:
        path = await media_file(params.path, call)
    service = await call.services.previews.wait()
    request = msgspec.structs.replace(params, project=project)
    read = call.connection.grant.reading
    return await service.batch(request, path, read, trace=call.trace_id, report=call.report)
