"""Threads import nothing of ours: two that come to a package by different modules of it would find it half made.

But for the HTTP stack, which nobody else imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.services.render.studio import color, project

SCRIPT = """
import json, pathlib, sys, threading
found = []
class Watching:
    def find_spec(self, name, path=None, target=None):
        ours = name.split(".")[0] in ("protocol", "sidecar") and not name.startswith("sidecar.transport.http.")
        if ours and threading.current_thread() is not threading.main_thread():
            found.append(name)
sys.meta_path.insert(0, Watching())
from sidecar.cli import main
main(["serve"])
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
"""
"""Notes what threads beside the one that serves are the first to import."""


def request(number: int, method: str, params: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


def test_a_session_imports_in_one_thread(tmp_path: Path) -> None:
    blurred = color(0, 1) | {"effects": [{"type": "blur", "parameters": {"radius": 3}}]}
    film = {"inline": project(blurred)}
    target = str(tmp_path / "film.mp4")
    requests = [
        request(1, "initialize", {"protocol": 1, "client": {"name": "t", "version": "1"}}),
        request(2, "project.validate", {"project": film}),
        request(3, "render.plan", {"project": film}),
        request(4, "effects.list", {}),
        request(5, "preview.frame", {"project": film, "frame": 3}),
        request(6, "render.start", {"project": film, "output": target}),
        request(7, "media.filmstrip", {"path": target, "count": 1}),
    ]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "found")]
    answers: dict[int, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(tmp_path)) as process:
        deadline = threading.Timer(PATIENCE, process.kill)
        deadline.start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"".join(requests))
        process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            if "id" in answer:
                answers[answer["id"]] = answer
            if len(answers) == len(requests):
                break
        process.stdin.close()
        process.wait()
        deadline.cancel()
    assert [number for number in range(1, 7) if "result" not in answers[number]] == [], answers
    assert json.loads((tmp_path / "found").read_text(encoding="utf-8")) == []
