"""Runs the installed `sidecar` command as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.harness.patience import PATIENCE

PROGRAM = Path(sys.executable).with_name("sidecar")


def environment(home: Path) -> dict[str, str]:
    """Return an environment whose sidecar keeps everything it writes below `home`."""
    own = {
        "SIDECAR_CONFIG_DIR": home / "config",
        "SIDECAR_DATA_DIR": home / "data",
        "SIDECAR_CACHE_DIR": home / "cache",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
    return {**kept, **{name: str(path) for name, path in own.items()}}


def sidecar(
    *arguments: str | Path,
    home: Path,
    expect: int = 0,
    seconds: float = PATIENCE,
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and check its exit code."""
    finished = subprocess.run(
        [str(PROGRAM), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**environment(home), **(extra or {})},
    )
    assert finished.returncode == expect, f"exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
    return finished
