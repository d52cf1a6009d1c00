"""`python -m tests.transport.server`: the real transport over stdio, with the test table behind it."""

from __future__ import annotations

import sys

import trio

from sidecar.transport.platform_wire import open_wire
from sidecar.transport.serve import serve
from sidecar.transport.stdio import Diverted, divert
from tests.transport.table import HANDLERS, open_fakes


async def main(diverted: Diverted) -> int:
    return await serve(open_wire(diverted.read_fd, diverted.write_fd), open_fakes, HANDLERS)


if __name__ == "__main__":
    streams = divert()
    code = trio.run(main, streams)
    streams.stderr.close()
    sys.exit(code)
