"""What holds for all tests: no verdict depends on how fast the machine is."""

from __future__ import annotations

import os

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.harness.media import keep_clips

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_xdist_auto_num_workers() -> int:
    """Three processes for two cores: tests wait as well as work."""
    cores = psutil.cpu_count() or 1
    return cores + cores // 2


@pytest.fixture(scope="session", autouse=True)
def _clips(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.getbasetemp()
    # The processes of one run have their folders side by side.
    keep_clips((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "clips")
