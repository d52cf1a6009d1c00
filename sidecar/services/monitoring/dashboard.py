"""A dashboard for Grafana: what there are thresholds for at the top, then every family in its section."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sidecar.core.alerts.named import NAMED, SCALES, Named
from sidecar.core.monitoring.series import SERIES
from sidecar.services.monitoring.expressions import expression, selected
from sidecar.services.monitoring.families import PREFIX, SECTIONS, Family

WHERE = 'instance=~"$instance"'
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, STAT_WIDTH, HEIGHT, STAT_HEIGHT = 24, 4, 8, 4
ACROSS = 3
"""Panels beside each other."""

UNITS = {
    "_bytes": "bytes",
    "_seconds": "s",
    "_ratio": "percentunit",
    "_celsius": "celsius",
    "_watts": "watt",
}
OF_SERIES = {"ratio": "percentunit", "seconds": "s", "count": "short", "bytes": "bytes"}
QUANTILES = (0.5, 0.95, 0.99)


def dashboard_text() -> str:
    """Return the dashboard as the JSON that Grafana imports."""
    panels = [{"id": number, **panel} for number, panel in enumerate(_panels(), start=1)]
    page = {
        "title": "Video compiler sidecar",
        "uid": "videoc-sidecar",
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "tags": ["videoc"],
        "templating": {"list": list(_variables())},
        "annotations": {"list": []},
        "panels": panels,
    }
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


def queries(family: Family, where: str = WHERE) -> list[tuple[str, str]]:
    """Return PromQL that shows a family, each with what its lines are called."""
    labels = "".join(f" {{{{{label}}}}}" for label in family.labels)
    if family.kind == "counter":
        rate = selected(f"rate(<{family.name}>[$__rate_interval])", where)
        return [(f"sum by ({', '.join(('instance', *family.labels))}) ({rate})", labels.strip() or "{{instance}}")]
    if family.kind == "histogram":
        buckets = selected(f"rate(<{family.name}_bucket>[$__rate_interval])", where)
        by = ", ".join(("le", *family.labels))
        return [
            (f"histogram_quantile({quantile:g}, sum by ({by}) ({buckets}))", f"p{quantile * 100:g}{labels}")
            for quantile in QUANTILES
        ]
    return [(selected(f"<{family.name}>", where), labels.strip() or "{{instance}}")]


def unit_of(family: Family) -> str:
    """Return the unit of what is shown of a family, as Grafana names it."""
    base = family.name.removesuffix("_total")
    unit = next((unit for suffix, unit in UNITS.items() if base.endswith(suffix)), None)
    if family.kind != "counter":
        return unit or "short"
    # Seconds of processors or operations a second are how many of them there were at once.
    return {"bytes": "Bps", "s": "short"}.get(unit or "", "ops")


def _panels() -> Iterator[dict[str, Any]]:
    top = 0
    yield _row("Thresholds", top)
    top += 1
    for number, named in enumerate(NAMED.values()):
        across = WIDTH // STAT_WIDTH
        at = {"x": number % across * STAT_WIDTH, "y": top + number // across * STAT_HEIGHT}
        yield _stat(named, {**at, "w": STAT_WIDTH, "h": STAT_HEIGHT})
    top += -(-len(NAMED) * STAT_WIDTH // WIDTH) * STAT_HEIGHT
    for section, families in SECTIONS.items():
        yield _row(section, top)
        top += 1
        for number, family in enumerate(families):
            at = {"x": number % ACROSS * WIDTH // ACROSS, "y": top + number // ACROSS * HEIGHT}
            yield _chart(family, {**at, "w": WIDTH // ACROSS, "h": HEIGHT})
        top += -(-len(families) // ACROSS) * HEIGHT


def _row(title: str, top: int) -> dict[str, Any]:
    return {
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        "panels": [],
    }


def _chart(family: Family, at: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": PREFIX + family.name,
        "description": family.help,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": {"unit": unit_of(family), "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [_target(number, *query) for number, query in enumerate(queries(family))],
    }


def _stat(named: Named, at: dict[str, int]) -> dict[str, Any]:
    series, scale = SERIES[named.metric], SCALES[named.unit]
    enter, leave = named.limits.enter * scale, named.limits.exit * scale
    edges = [(None, "green"), (leave, "yellow"), (enter, "red")]
    if not named.above:
        edges = [(None, "red"), (enter, "yellow"), (leave, "green")]
    steps = [{"value": value, "color": color} for value, color in edges]
    return {
        "type": "stat",
        "title": named.name,
        "description": series.help,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {
            "defaults": {"unit": OF_SERIES[series.unit], "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background"},
        "targets": [_target(0, expression(named.metric, WHERE), "{{instance}}")],
    }


def _target(number: int, query: str, legend: str) -> dict[str, Any]:
    return {"refId": chr(ord("A") + number), "expr": query, "legendFormat": legend, "datasource": SOURCE}


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}
    yield {
        "name": "instance",
        "label": "Sidecar",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": f"label_values({PREFIX}build_info, instance)", "refId": "instance"},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
