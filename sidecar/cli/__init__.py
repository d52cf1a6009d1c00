"""The command line: one command a module, nothing imported before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code (docs/cli.md lists them).

    `serve` is parsed apart: a shell waits for it, and the parser of the other commands alone takes longer to import
    than the whole transport.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["serve"]:
        from sidecar.cli import serve  # noqa: PLC0415 - start-up time

        return serve.main(given[1:])
    from sidecar.cli import app, exits  # noqa: PLC0415 - start-up time

    try:
        code = app.run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nothing more can be written: else the interpreter would try, and complain, when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.UNREAD
    return code
