"""The page that lists every number: families, series, thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sidecar.core.alerts.named import NAMED, Named
from sidecar.core.monitoring.series import CARDS, SERIES
from sidecar.services.monitoring.expressions import expression
from sidecar.services.monitoring.families import LIMIT, PREFIX, SECTIONS
from sidecar.services.monitoring.rules import UNITS

HEAD = """\
# Metrics

Written by `python -m sidecar.services.monitoring.generate`; what they are measured by is in [README.md](README.md).

## Families
What Prometheus is given, by `metrics.prometheus` and at `/metrics`: at most {limit:,} series.
"""

SERIES_HEAD = """
## Series
What is looked at once a second: `metrics.history` answers what they have been, and rules of alerts name them.
"""

SERIES_FOOT = f"""
Of cards there are also those of each: `gpu0.memory`, `gpu1.utilization` and so on, up to {CARDS}.
"""

THRESHOLDS_HEAD = """
## Thresholds
What they are until `alerts.setThresholds` changes them; [rules.yml](rules.yml) has them as rules of Prometheus.
"""


def metrics_page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD.format(limit=LIMIT)]
    for section, families in SECTIONS.items():
        parts.append(f"\n### {section}\n")
        rows = ((_code(PREFIX + each.name), each.kind, ", ".join(each.labels), each.help) for each in families)
        parts.append(_table(("family", "kind", "labels", "what it says"), rows))
    parts.append(SERIES_HEAD)
    shown = ((_code(each.name), each.unit, each.help, _code(expression(each.name))) for each in SERIES.values())
    parts.append(_table(("series", "unit", "what it says", "in Prometheus"), shown))
    parts.append(SERIES_FOOT)
    parts.append(THRESHOLDS_HEAD)
    heads = ("threshold", "series", "fires at", "ends at", "after", "severity")
    parts.append(_table(heads, (tuple(_threshold(each)) for each in NAMED.values())))
    return "".join(parts)


def _threshold(named: Named) -> Iterator[str]:
    limits, unit = named.limits, UNITS[named.unit]
    yield _code(named.name) + ("" if limits.enabled else " (off until it is enabled)")
    yield _code(named.metric) + (f", of {limits.min_samples} and more" if limits.min_samples else "")
    yield f"{limits.enter:,g}{unit}"
    yield f"{limits.exit:,g}{unit}"
    yield f"{limits.for_seconds:g} s" if limits.for_seconds else "at once"
    yield limits.severity


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- ", "|---").replace("|--- |", "|---|")


def _code(text: str) -> str:
    return f"`{text}`"
