"""What the serving process has imported: a shell waits for `initialize`, so nothing is in memory before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.harness.patience import PATIENCE
from tests.harness.program import environment

SCRIPT = """
import json, os, pathlib, sys
from sidecar.cli import main
answered, write = [], os.write
def noting(descriptor, data):
    if b'"result":{"protocol":1' in bytes(data):
        answered.extend(sys.modules)
    return write(descriptor, data)
os.write = noting
main(["serve"])
pathlib.Path(sys.argv[1]).write_text(json.dumps([answered, list(sys.modules)]))
"""
"""Notes what is imported when `initialize` is answered, and in the end."""

REQUESTS = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1,"client":{"name":"t","version":"1"}}}\n'
)

LATE = (
    "anyio", "argparse", "asyncio", "av", "cyclopts", "h11", "hypercorn", "jsonpatch", "numpy", "PIL", "platformdirs",
    "prometheus_client", "psutil", "pygments", "pynvml", "rich", "starlette", "typing_extensions", "wsproto",
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


MEMBERS = (
    "sidecar.services.bin",
    "sidecar.services.cache",
    "sidecar.services.media",
    "sidecar.services.members",
    "sidecar.services.preview",
    "sidecar.services.projects",
    "sidecar.services.render",
    "sidecar.services.system",
)
"""What works on projects and files: opened after the answer."""

COMMANDS = {"command", "session", "settings", "shared", "table"}
"""Modules of `protocol.commands` that the answer needs; those of other areas come with the first of their commands."""

OWN = 81
"""Modules of ours until the answer: each is a file to find and to run. Think twice before you raise it."""


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
    answered, ended = map(set, json.loads((tmp_path / "modules").read_text(encoding="utf-8")))
    assert {"trio", "msgspec", "sidecar.commands.session"} <= answered
    assert sorted(answered & {*LATE, *LATE_PARTS, *MEMBERS, "protocol.project"}) == []
    assert parts(answered, "protocol.commands.") == COMMANDS
    assert parts(answered, "sidecar.commands.") == {"call", "grant", "limits", "registry", "session"}
    own = sorted(name for name in answered if name.split(".")[0] in {"protocol", "sidecar"})
    assert len(own) <= OWN, own
    assert "sidecar.services.members" in ended
    assert sorted(ended & {*LATE, *LATE_PARTS}) == []


def parts(modules: set[str], package: str) -> set[str]:
    return {name.removeprefix(package) for name in modules if name.startswith(package)}
