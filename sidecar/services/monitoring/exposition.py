"""Writes families out as Prometheus reads them: its own format, version 0.0.4, or OpenMetrics 1.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import inf, isinf, isnan
from typing import Literal

from protocol.commands.metrics import MetricsPage
from sidecar.services.monitoring.families import FAMILIES, LIMIT, PREFIX, Distribution, Family, Value, Values

Format = Literal["text", "openmetrics"]

CONTENT_TYPES: dict[Format, str] = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}


def expose(values: Values, form: Format) -> MetricsPage:
    """Write values out. Takes a millisecond for a thousand series."""
    lines = [
        line
        for name, family in FAMILIES.items()
        if name in values
        for line in (_head(family, form), *_samples(family, values[name]))
    ]
    if form == "openmetrics":
        lines.append("# EOF\n")
    return MetricsPage(content_type=CONTENT_TYPES[form], text="".join(lines))


def _head(family: Family, form: Format) -> str:
    """Say what a family is. In OpenMetrics a counter is called without the end of its samples' names."""
    name = PREFIX + family.name
    about = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    if form == "openmetrics":
        name, about = name.removesuffix("_total"), about.replace('"', '\\"')
    return f"# HELP {name} {about}\n# TYPE {name} {family.kind}\n"


def _samples(family: Family, values: Sequence[tuple[tuple[str, ...], Value]]) -> Iterator[str]:
    name = PREFIX + family.name
    for given, value in values:
        if not isinstance(value, Distribution):
            yield f"{name}{_labelled(family.labels, given)} {_number(value)}\n"
            continue
        names = (*family.labels, "le")
        for edge, count in zip((*value.edges, inf), value.counts, strict=True):
            yield f"{name}_bucket{_labelled(names, (*given, _number(edge)))} {_number(count)}\n"
        labels = _labelled(family.labels, given)
        yield f"{name}_count{labels} {_number(value.counts[-1])}\n{name}_sum{labels} {_number(value.sum)}\n"


@lru_cache(2 * LIMIT)
def _labelled(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    """Return labels as they stand behind a name. The same ones are asked for at each scrape."""
    if not names:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{','.join(pairs)}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if isnan(value) else repr(float(value))
