"""How the shell starts its sidecar, and what it says of itself."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

CLIENT = {"name": "studio", "version": version("video-compiler-sidecar")}


def start_command(static: Path, port: int) -> list[str]:
    """Return the command of a sidecar that serves the page in a folder too; port 0 means any that is free."""
    setting = ["--set", f"httpPort={port}"] if port else []
    return [sys.executable, "-m", "sidecar", "serve", "--web", str(static), *setting]
