"""What is written out of the tables: the page, the dashboard, the rules."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from sidecar.core.alerts.named import NAMED
from sidecar.core.monitoring.series import SERIES
from sidecar.services.monitoring.dashboard import dashboard_text, queries
from sidecar.services.monitoring.expressions import SAMPLES, expression, selected
from sidecar.services.monitoring.families import FAMILIES, PREFIX
from sidecar.services.monitoring.generate import FILES, main
from sidecar.services.monitoring.rules import alert_name, rules_text
from tests.harness.paths import ROOT

NAME = re.compile(rf"{PREFIX}(\w+)")


def test_what_is_written_is_what_the_tables_say() -> None:
    for name, text in FILES.items():
        assert (ROOT / name).read_text(encoding="utf-8") == text(), f"{name}: run {main.__module__}"


def test_it_is_written_once_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--root", str(tmp_path)]
    assert main(["--check", *given]) == 1
    assert list(tmp_path.iterdir()) == []
    assert main(given) == 0
    assert main(["--check", *given]) == 0
    (tmp_path / "docs/monitoring/rules.yml").write_text("")
    capsys.readouterr()
    assert main(["--check", *given]) == 1
    assert capsys.readouterr().out == "docs/monitoring/rules.yml: out of date\n"


def families_of(text: str) -> set[str]:
    return {name.removesuffix("_bucket") for name in NAME.findall(text)}


def test_every_number_is_read_out_of_families_that_there_are() -> None:
    for name in SERIES:
        assert families_of(expression(name)) <= FAMILIES.keys(), name
        assert families_of(expression(name)), name
    for text in SAMPLES.values():
        assert families_of(selected(text)) <= FAMILIES.keys()
    assert families_of(rules_text()) <= FAMILIES.keys()
    assert (
        expression("process.loopLag", 'instance="a"') == 'videoc_event_loop_lag_seconds{percentile="99", instance="a"}'
    )


def test_the_page_has_everything() -> None:
    page = FILES["docs/monitoring/metrics.md"]()
    for name in (*(PREFIX + family for family in FAMILIES), *SERIES, *NAMED):
        assert f"| `{name}`" in page, name


def test_the_dashboard_shows_every_family_and_no_panel_lies_on_another() -> None:
    page = json.loads(dashboard_text())
    panels = page["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    asked = " ".join(target["expr"] for panel in panels for target in panel.get("targets", ()))
    assert families_of(asked) >= FAMILIES.keys()
    assert {panel["title"] for panel in panels if panel["type"] == "stat"} == NAMED.keys()
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert one["x"] + one["w"] <= 24
    for family in FAMILIES.values():
        for query, _ in queries(family):
            assert 'instance=~"$instance"' in query


def test_every_threshold_has_its_rule() -> None:
    text = rules_text()
    for named in NAMED.values():
        assert (f"      - alert: {alert_name(named)}\n" in text) == named.limits.enabled
        assert f"alert: {alert_name(named)}\n" in text
