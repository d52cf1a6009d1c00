"""Types are looked into by one thread at a time: two at once end the process."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE

READERS = {"convert", "decode", "Decoder"}
"""What msgspec reads by types with."""

SCRIPT = """
import sys, threading
from typing import Optional
import msgspec
from protocol.typed import ready

sys.setswitchinterval(1e-6)
for number in range(100):
    parts = [msgspec.defstruct(f"Part{each}", [("one", int, 0), ("other", Optional[str], None)]) for each in range(8)]
    own = [(f"part{at}", part, msgspec.field(default_factory=part)) for at, part in enumerate(parts)]
    whole = msgspec.defstruct("Whole", own)
    raw = {f"part{at}": {"one": at} for at in range(8)}
    start = threading.Barrier(4)

    def read():
        start.wait()
        msgspec.convert(raw, ready(whole))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("whole")
"""
"""Reads by types that nobody has read by before, in several threads."""


def test_threads_that_read_by_a_type_for_the_first_time_come_to_no_harm() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr


def unready(path: Path) -> list[str]:
    """Name where a file reads by a type that was not made ready."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in READERS:
            continue
        owner = ast.unparse(node.func.value)
        if not owner.startswith("msgspec"):
            continue
        given = [word.value for word in node.keywords if word.arg == "type"]
        given += node.args[:1] if node.func.attr == "Decoder" else node.args[1:2]
        found += [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for kind in given
            if not ast.unparse(kind).startswith(("ready(", "dict"))
        ]
    return found


def test_everything_that_is_read_by_is_ready() -> None:
    files = [path for folder in ("protocol", "sidecar") for path in (ROOT / folder).rglob("*.py")]
    # What makes types ready, and what only writes the contract down, in a process of its own.
    files = [path for path in files if path.name != "typed.py" and "generate" not in path.parts]
    assert [place for path in files for place in unready(path)] == []
