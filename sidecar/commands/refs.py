"""References to projects, within what a connection may read."""

from __future__ import annotations

import msgspec

from protocol.commands.shared import ProjectRef
from sidecar.commands.call import Call


def readable(ref: ProjectRef, call: Call) -> ProjectRef:
    """Return the reference with its path absolute and links followed; raises PermissionDenied outside the roots."""
    return ref if ref.path is None else msgspec.structs.replace(ref, path=str(call.check_read(ref.path)))
