"""What holds for all tests: no verdict depends on how fast the machine is."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.media import keep_clips

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _clips(tmp_path_factory: pytest.TempPathFactory) -> None:
    keep_clips(tmp_path_factory.mktemp("clips"))
