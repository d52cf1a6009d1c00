"""The serving process: services behind the wire that stdin and stdout have become."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import trio

from protocol.errors import SidecarError
from sidecar.cli.exits import exit_code, first_error
from sidecar.commands.registry import HANDLERS
from sidecar.services.container import ServiceOptions, open_services
from sidecar.transport.platform_wire import open_wire
from sidecar.transport.record import record_to
from sidecar.transport.serve import serve
from sidecar.transport.stdio import Diverted


def run(diverted: Diverted, *, record: Path | None, settings: Mapping[str, str]) -> int:
    """Serve until the client leaves; return the exit code. What keeps the services from opening goes to stderr."""
    options = ServiceOptions(arguments=settings, stderr=diverted.stderr)

    async def main() -> int:
        with ExitStack() as stack:
            tap = None if record is None else stack.enter_context(record_to(record))
            wire = open_wire(diverted.read_fd, diverted.write_fd)
            return await serve(wire, partial(open_services, options), HANDLERS, tap=tap)

    try:
        return trio.run(main)
    except* SidecarError as group:
        error = first_error(group)
    sys.stderr.write(f"error: {error.message}\n" + (f"  {error.suggestion}\n" if error.suggestion else ""))
    diverted.stderr.close()
    return exit_code(error)
