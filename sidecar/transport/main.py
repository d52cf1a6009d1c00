"""Process start-up of `sidecar serve`: the streams first, then everything that could print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

from sidecar.transport.lightly import import_lightly
from sidecar.transport.stdio import Diverted, divert

FAILED = 1


def run(*, record: Path | None = None, settings: Mapping[str, Any] | None = None, front: Path | None = None) -> int:
    """Serve stdin and stdout until the client leaves, and return the exit code.

    `record`: a file that every message is written to; `settings`: values by wire name that come before environment
    and file; `front`: a folder whose files are served by HTTP. What prevents the start is said on stderr.
    """
    diverted = divert()
    try:
        return _run(diverted, record, settings or {}, front)
    finally:
        diverted.stderr.close()


def _run(diverted: Diverted, record: Path | None, settings: Mapping[str, Any], front: Path | None) -> int:
    # Imported only now: whatever these print while they are loaded, and their children, cannot reach the wire.
    import_lightly()
    import trio  # noqa: PLC0415

    from protocol.errors import SidecarError  # noqa: PLC0415
    from sidecar.commands.registry import HANDLERS  # noqa: PLC0415
    from sidecar.services.container import ServiceOptions, Services, open_services  # noqa: PLC0415
    from sidecar.transport.faults import typed  # noqa: PLC0415
    from sidecar.transport.platform_wire import open_wire  # noqa: PLC0415
    from sidecar.transport.record import record_to  # noqa: PLC0415
    from sidecar.transport.serve import serve  # noqa: PLC0415

    def services() -> AbstractAsyncContextManager[Services]:
        return open_services(ServiceOptions(arguments=settings, stderr=diverted.stderr, late=True))

    async def started() -> int:
        wire = open_wire(diverted.read_fd, diverted.write_fd)
        with nullcontext() if record is None else record_to(record) as tap:
            return await serve(wire, services, HANDLERS, tap=tap, front=front)

    try:
        return trio.run(started)
    except (SidecarError, ExceptionGroup) as raised:
        error = typed(raised)
        if error is None:
            raise
        advice = f"  {error.suggestion}\n" if error.suggestion else ""
        sys.stderr.write(f"error: {error.message}\n{advice}")
        return FAILED
