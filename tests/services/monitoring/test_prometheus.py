"""What Prometheus is given: read by its own parsers, and held against what was planted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf, isnan, nan
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from protocol.commands import TABLE
from protocol.commands.cache import TierState
from protocol.commands.gpu import Gpu, GpuProcess
from protocol.errors import REGISTRY
from sidecar.core.alerts.named import NAMED
from sidecar.core.monitoring.outcomes import GROUPS, RENDER
from sidecar.core.monitoring.trail import Part
from sidecar.core.sketch import Spread
from sidecar.services.cache.counters import CAUSES
from sidecar.services.cache.kinds import KINDS
from sidecar.services.monitoring.exposition import expose
from sidecar.services.monitoring.families import FAMILIES, LIMIT, PREFIX, series_count
from sidecar.services.monitoring.gathering import Alerting, gather
from sidecar.services.monitoring.meter import Meter, Queue
from sidecar.services.monitoring.processes import ChildUse
from sidecar.services.monitoring.sample import CacheLook, Pipeline, Sample
from sidecar.services.monitoring.sampler import Sources
from sidecar.transport.http.watching import ROUTES
from sidecar.transport.limiters import QUEUES
from tests.services.monitoring.samples import sample

PARSERS = {"text": parse_text, "openmetrics": parse_openmetrics}
UNITS = ("_bytes", "_bytes_total", "_seconds", "_seconds_total", "_ratio", "_celsius", "_watts")
OF_NO_UNIT = {"render_frames_per_second"}


ALERTS = [
    *(Alerting(each.name, each.limits.severity, "inactive") for each in NAMED.values()),
    *(Alerting(f"own{number}", "info", "firing", silenced=True) for number in range(32)),
]


def sources(meter: Meter, **changes: Any) -> Sources:
    given: dict[str, Any] = {
        "meter": meter,
        "children": list,
        "started": dict,
        "crashed": dict,
        "pipelines": list,
        "cache": CacheLook,
    }
    return Sources(**(given | changes))


def crowded() -> tuple[Sample, Sources]:
    """Everything that there can be, all at once."""
    meter = Meter()
    for name in [*TABLE, RENDER]:
        meter.ended(name, 0.5)
        for kind in REGISTRY:
            meter.ended(name, 0.5, kind)
    for kind in ("parse", "invalidRequest", "methodNotFound", "notInitialized", "messageTooLarge", "shuttingDown"):
        meter.refuse(None, kind)
    for route in ("resources", "rpc", *ROUTES, "other"):
        for status in (200, 404, 500):
            meter.served(route, status)
    meter.served("rpc", 101)
    meter.served("resources", 304)
    meter.served("other", 304)
    for name in ("interactive", "previews", "jobs", "probe", "render", "encoders", "readers", "workers"):
        meter.queues[name] = lambda: Queue(5, 2, 4, 1.0)
    for name in QUEUES:
        meter.waited(name, 0.2)
        meter.at_once[name] = 3
    roles = (
        "analyse",
        "benchmark",
        "capabilities",
        "play",
        "preview",
        "probe",
        "proxy",
        "render",
        "sheet",
        "trial",
        "work",
    )
    cards = [
        Gpu(
            index=index,
            name="Card",
            driver="1",
            utilization=0.5,
            memory_used=1,
            memory_total=2,
            encoder=0.1,
            decoder=0.2,
            temperature=50.0,
            power=100.0,
            processes=[GpuProcess(pid=5, memory=2**20), GpuProcess(pid=6, memory=2**21)],
        )
        for index in range(16)
    ]
    tier = TierState(bytes=1, limit=2, entries=3)
    look = sample(
        children=[ChildUse(number, role, None, 0.1, 2**20) for number, role in enumerate(roles * 2)],
        gpus=cards,
        lag=Spread(0.001, 0.002, 0.003, 0.004, 600),
        response=Spread(0.1, 0.2, 0.3, 0.4, 50),
        ended=Part(100, 5),
        found=Part(100, 50),
        pipelines=[
            Pipeline("a", "picture", 20.0, (1, 0.1, 1), 3.0, 0.5),
            Pipeline("b", "picture", 9.0, (1,), 0.0, 0.25),
        ],
    )
    cache = CacheLook(dict.fromkeys(KINDS, (3, 4)), tier, tier, dict.fromkeys(CAUSES, 2))
    return look, sources(
        meter,
        started=lambda: dict.fromkeys(roles, 9),
        crashed=lambda: {"render": 1},
        cache=lambda: cache,
    )


def page(form: Any, look: Sample, given: Sources) -> str:
    return expose(gather(look, given, started=5.0, dropped=7, alerts=ALERTS), form).text


def read(form: str, text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    parse: Any = PARSERS[form]
    families: Iterator[Any] = parse(text)
    return {
        (each.name.removeprefix(PREFIX), frozenset(each.labels.items())): each.value
        for family in families
        for each in family.samples
    }


def at(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_what_is_read_is_what_was_planted(form: str) -> None:
    meter = Meter()
    for seconds in (0.2, 0.9, 1.0, 1.1, 70.0):
        meter.ended("preview.frame", seconds)
    meter.ended("preview.frame", 0.2, "stalled")
    meter.ended("preview.frame", 0.2, "cancelled")
    meter.ended(RENDER, 45.0, "diskFull")
    meter.at_once["jobs"] = 4
    meter.waited("jobs", 0.2)
    meter.queues["render"] = lambda: Queue(3, 1, 1, 8.5)
    meter.rendered.planned += 6
    meter.rendered.segments.update(cached=2, encoded=3)
    given = sources(meter, started=lambda: {"render": 4}, crashed=lambda: {"render": 1})
    look = sample(children=[ChildUse(5, "render", "j", 0.25, 1_000), ChildUse(6, "render", "j", 0.5, 500)])
    found = read(form, page(form, look, given))
    frame = {"operation": "preview.frame"}
    assert [found[at("operations_total", outcome=each, **frame)] for each in ("ok", "fault", "error", "cancelled")] == [
        5,
        1,
        0,
        1,
    ]
    assert found[at("operations_total", operation="cache.clear", outcome="fault")] == 0
    assert found[at("operation_seconds_total", **frame)] == pytest.approx(73.6)
    assert found[at("operation_errors_total", kind="diskFull")] == 1
    bucket = "operation_duration_seconds_bucket"
    assert found[at(bucket, group="preview.frame", le="1.0")] == 5
    assert found[at(bucket, group="preview.frame", le="0.75")] == 3
    assert found[at(bucket, group="preview.frame", le="60.0")] == 6
    assert found[at(bucket, group="preview.frame", le="+Inf")] == 7
    assert found[at("operation_duration_seconds_count", group="preview.frame")] == 7
    assert found[at("operation_duration_seconds_sum", group="preview.frame")] == pytest.approx(73.6)
    assert found[at("render_duration_seconds_bucket", le="60.0")] == 1
    assert found[at("render_duration_seconds_bucket", le="30.0")] == 0
    assert found[at("queue_wait_seconds_bucket", queue="jobs", le="0.1")] == 4
    assert found[at("queue_wait_seconds_count", queue="jobs")] == 5
    assert found[at("queue_depth", queue="render")] == 3
    assert found[at("queue_oldest_seconds", queue="render")] == 8.5
    assert found[at("operations_active", group="jobs")] == 1
    assert found[at("render_segments_planned_total")] == 6
    # What became of them adds up: what was planned is not one of the states.
    assert sum(value for (name, _), value in found.items() if name == "render_segments_total") == 5
    assert found[at("child_processes", role="render")] == 2
    assert found[at("children_cpu_ratio", role="render")] == 0.75
    assert found[at("children_resident_memory_bytes", role="render")] == 1_500
    assert found[at("children_crashed_total", role="render")] == 1
    assert found[at("rpc_events_dropped_total")] == 7
    assert found[at("alert_state", alert="cpu", severity="warning", silenced="false")] == 0
    assert found[at("alert_state", alert="own3", severity="info", silenced="true")] == 2
    assert found[at("system_memory_total_bytes")] == 2**32
    # What was not measured is not there.
    absent = {name for name, _ in found} & {"error_ratio", "response_time_seconds", "cache_bytes", "cache_hit_ratio"}
    assert absent == set()
    assert not [name for name, _ in found if name.startswith("gpu")]


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_there_are_never_more_series_than_are_allowed(form: str) -> None:
    look, given = crowded()
    values = gather(look, given, started=5.0, dropped=0, alerts=ALERTS)
    found = read(form, page(form, look, given))
    assert series_count(values) == len(found)
    assert 700 < len(found) <= LIMIT
    assert set(values) == set(FAMILIES)
    assert found[at("gpu_temperature_celsius", gpu="7")] == 50.0
    assert (found[at("gpu_processes", gpu="7")], found[at("gpu_process_memory_bytes", gpu="7")]) == (2, 3 * 2**20)
    assert found[at("render_speed_ratio")] == 0.75
    assert found[at("cache_evictions_total", cause="limit")] == 2


def test_names_follow_the_rules() -> None:
    for name, family in FAMILIES.items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
        assert (family.kind == "counter") == name.endswith("_total"), name
        assert family.kind != "histogram" or name.endswith("_seconds")
        assert not name.endswith(("_count", "_sum", "_bucket", "_info")) or name == "build_info"
        assert not {"le", "quantile", "job", "instance"} & set(family.labels)
        in_units = name.endswith(UNITS) or name in OF_NO_UNIT
        assert in_units or not re.search(r"second|byte|_ratio|percent|milli|celsius|watt", name), name
    assert set(GROUPS) >= {"preview.frame", "jobs"}


def test_the_page_is_called_what_it_is() -> None:
    look, given = crowded()
    values = gather(look, given, started=5.0, dropped=0, alerts=ALERTS)
    assert expose(values, "text").content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert expose(values, "openmetrics").content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert expose(values, "openmetrics").text.endswith("# EOF\n")


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_whatever_a_label_says_and_a_value_is_it_is_read_back(form: Any) -> None:
    hostile = 'a "quoted" \\n name\\ of\ntwo lines}'
    values = [inf, -inf, nan, 1e300, 5e-324, 0.1, 2**53 - 1]
    given = [((hostile, str(number), "false"), value) for number, value in enumerate(values)]
    found = read(form, expose({"alert_state": given}, form).text)
    assert len(found) == len(values)
    for number, value in enumerate(values):
        back = found[at("alert_state", alert=hostile, severity=str(number), silenced="false")]
        assert back == value or (isnan(back) and isnan(value))


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_every_family_says_what_it_is(form: Any) -> None:
    look, given = crowded()
    parse: Any = PARSERS[form]
    told = {found.name: (found.type, found.documentation) for found in parse(page(form, look, given))}
    assert told == {
        f"{PREFIX}{name.removesuffix('_total')}": (family.kind, family.help) for name, family in FAMILIES.items()
    }
