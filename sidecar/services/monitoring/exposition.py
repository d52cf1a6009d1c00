"""Writes families out as Prometheus reads them: the one place that imports its client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from protocol.commands.metrics import MetricsPage
from sidecar.services.monitoring.families import FAMILIES, PREFIX, Distribution, Family, Value, Values

Format = Literal["text", "openmetrics"]


CONTENT_TYPES: dict[Format, str] = {
    "text": CONTENT_TYPE_PLAIN_0_0_4,
    "openmetrics": openmetrics.CONTENT_TYPE_LATEST,
}


class _Given(Collector):
    """Values that were gathered."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        for name, family in FAMILIES.items():
            if name in self._values:
                yield _metric(family, self._values[name])


def expose(values: Values, form: Format) -> MetricsPage:
    """Write values out. Takes some milliseconds, in any thread."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(values))
    write: Callable[[Collector], bytes] = openmetrics.generate_latest if form == "openmetrics" else generate_latest
    return MetricsPage(content_type=CONTENT_TYPES[form], text=write(registry).decode())


def _metric(family: Family, values: Sequence[tuple[tuple[str, ...], Value]]) -> Metric:
    name, labels = PREFIX + family.name, family.labels
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(name, family.help, labels=labels)
        for given, value in values:
            if isinstance(value, Distribution):
                edges = [*map(str, value.edges), "+Inf"]
                buckets = list(zip(edges, value.counts, strict=True))
                histogram.add_metric(given, buckets, value.sum)
        return histogram
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(name, family.help, labels=labels)
    for given, value in values:
        if not isinstance(value, Distribution):
            metric.add_metric(given, value)
    return metric
