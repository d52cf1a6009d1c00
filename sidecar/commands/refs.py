"""What params name, within what a connection may read: projects and media files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import trio

from protocol.commands.shared import ProjectRef
from sidecar.commands.call import Call
from sidecar.services.media.paths import local_path


def readable(ref: ProjectRef, call: Call) -> ProjectRef:
    """Return the reference with its path absolute and links followed; raises PermissionDenied outside the roots."""
    return ref if ref.path is None else msgspec.structs.replace(ref, path=str(call.check_read(ref.path)))


async def media_file(written: str, call: Call) -> Path:
    """Return the file that a path or a `file:` URL names, absolute and with links followed.

    Raises PermissionDenied outside the roots, and MediaUnsupported for what is no path of this machine.
    """
    return await trio.to_thread.run_sync(call.check_read, str(local_path(written)))
