"""Whether disks can be mounted for a test."""

from __future__ import annotations

import shutil
import subprocess

from tests.harness.patience import PATIENCE


def may_mount() -> bool:
    """Whether this process may mount a disk that nobody else sees."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("mount") is None:
        return False
    command = [unshare, "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode == 0
