"""What the serving process has imported: a shell waits for `initialize`, so nothing is in memory before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.harness.patience import PATIENCE
from tests.harness.program import environment

SCRIPT = """
import pathlib, sys
from sidecar.cli import main
main(["serve"])
pathlib.Path(sys.argv[1]).write_text(" ".join(sys.modules))
"""

REQUESTS = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1,"client":{"name":"t","version":"1"}}}\n'
)

LATE = (
    "anyio", "av", "cyclopts", "h11", "hypercorn", "jsonpatch", "numpy", "PIL", "psutil", "pygments", "pynvml", "rich",
    "starlette", "typing_extensions", "wsproto",
)  # fmt: skip
"""Packages that requests beyond `initialize` need, some of them in other processes."""

LATE_PARTS = (
    "protocol.project.check",
    "sidecar.cli.app",
    "sidecar.core.timeline",
    "sidecar.effects",
    "sidecar.ffmpeg.builder",
    "sidecar.services.ffmpeg_command",
    "sidecar.services.fonts",
    "sidecar.services.render.planner",
    "sidecar.services.render.run",
    "sidecar.services.resources",
    "sidecar.transport.http.server",
)
"""What compiles, checks and runs timelines."""


def test_initialize_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "modules")],
        input=REQUESTS,
        capture_output=True,
        env=environment(tmp_path),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b'"result":{"protocol":1' in done.stdout
    imported = set((tmp_path / "modules").read_text(encoding="utf-8").split())
    assert {"trio", "msgspec", "structlog", "sidecar.commands.session"} <= imported
    assert sorted(imported & {*LATE, *LATE_PARTS}) == []
