"""The shell's window over a real sidecar: its start, the way from the page to the sidecar and back, and its rest."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from frontend.bundle import bundle
from tests.benchmarks.figure import Figure, alone
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.web_view import ENVIRONMENT

PAGE = ROOT / "tests" / "frontend" / "page"
LOOK = 0.002
SETTLE = 5.0
"""Seconds after which a window that nobody touches has nothing left to do."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure the window without a screen, drawn by the processor."""
    starts, trips = [], []
    with _opened(PAGE, "figures") as home:
        _said(home, "measured")
    for _ in range(3 if short else 9):
        began = time.perf_counter()
        with _opened(PAGE, "figures") as home:
            _said(home, "usable")
            starts.append(time.perf_counter() - began)
            trips.append(_said(home, "measured")["p50"] / 1_000)
    yield alone(
        "shell.start",
        "s",
        starts,
        target=2.0,
        conditions="spawn of the shell to initialize answered in its page, warm disk, Qt without a screen",
    )
    yield alone(
        "shell.roundTrip",
        "s",
        trips,
        target=0.003,
        conditions="render.jobs from the page over the bridge to the sidecar and back, median of 1,000 a window",
    )
    seconds = 3.0 if short else 30.0
    yield alone(
        "shell.idle",
        "of a core",
        [_idle(seconds) for _ in range(1 if short else 3)],
        target=0.02,
        conditions=f"shell, page and sidecar together over {seconds:.0f} s, the editor open with an empty project",
    )


@contextmanager
def _opened(page: Path, project: str) -> Iterator[Path]:
    """Open the shell with a page while the block lasts; what it remembers lies in the folder that is returned."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        env = {**environment(home), **ENVIRONMENT, "STUDIO_DIR": folder}
        command = [sys.executable, "-m", "frontend", "--web", str(page), *([str(home / project)] if project else [])]
        with subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            (home / "pid").write_text(str(process.pid))
            try:
                yield home
            finally:
                children = _tree(process.pid)[1:]
                process.kill()
                psutil.wait_procs(children, PATIENCE)


def _said(home: Path, phase: str) -> Any:
    """Wait until the page has reported this."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            report = msgspec.json.decode((home / "studio.json").read_bytes())["page.report"]
        except (FileNotFoundError, KeyError):
            report = {"phase": None}
        assert report["phase"] != "failed", report
        if report["phase"] == phase:
            return report
        time.sleep(LOOK)
    raise AssertionError(f"the page has not said {phase!r}")


def _idle(seconds: float) -> float:
    """Cores that all processes of the window have used while nobody touched it."""
    with _opened(bundle(), "") as home:
        time.sleep(SETTLE)
        pid = int((home / "pid").read_text())
        before = _used(pid)
        time.sleep(seconds)
        return (_used(pid) - before) / seconds


def _used(pid: int) -> float:
    times = [each.cpu_times() for each in _tree(pid)]
    return sum(each.user + each.system for each in times)


def _tree(pid: int) -> list[psutil.Process]:
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]
