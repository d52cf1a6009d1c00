"""Every single file operation of the cache may be the last, or fail: the cache is in order after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


def strike(root: Path, mode: str, stride: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.cache.faults", mode, str(root), str(stride)],
        capture_output=True,
        cwd=REPOSITORY,
        timeout=600,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 60


@pytest.mark.parametrize("mode", ["crash", "full"])
def test_at_each_seventh_operation(tmp_path: Path, mode: str) -> None:
    strike(tmp_path, mode, 7)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["crash", "full"])
def test_at_each_operation(tmp_path: Path, mode: str) -> None:
    strike(tmp_path, mode, 1)
