"""The names of what is measured."""

from __future__ import annotations

from sidecar.core.monitoring.outcomes import FAULTS
from sidecar.core.monitoring.series import SERIES, series_of
from tests.harness.paths import ROOT


def test_the_guide_names_every_fault() -> None:
    guide = (ROOT / "docs/monitoring/README.md").read_text(encoding="utf-8")
    assert [kind for kind in FAULTS if f"`{kind}`" not in guide] == []


def test_a_card_has_the_numbers_that_all_have_together() -> None:
    one = series_of("gpu7.temperature")
    assert one is not None
    assert (one.name, one.unit) == ("gpu7.temperature", "celsius")
    assert [series_of(name) for name in ("gpu8.temperature", "gpu.memory.", "system.cpus")] == [None] * 3
    assert series_of("system.cpu") is SERIES["system.cpu"]
