"""A real Prometheus, and its tool, on what a working sidecar says: Debian's package `prometheus`, which CI installs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import trio

from sidecar.core.alerts.named import NAMED
from sidecar.core.monitoring.series import SERIES
from sidecar.services.monitoring.dashboard import queries
from sidecar.services.monitoring.exposition import expose
from sidecar.services.monitoring.expressions import expression
from sidecar.services.monitoring.families import FAMILIES
from sidecar.services.monitoring.gathering import gather
from sidecar.services.monitoring.rules import alert_name
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.prometheus import HAVE_PROMETHEUS, Prometheus, free_port, prometheus, promtool
from tests.harness.spawned import Spawned, spawned
from tests.services.monitoring.test_prometheus import ALERTS, crowded
from tests.services.render.studio import color, project
from tests.transport.http.asking import get

RULES = ROOT / "docs/monitoring/rules.yml"
OWN = {"id": "planted", "metric": "system.memoryUsed", "keepSeconds": 0, "severity": "info"}
BEYOND = 2**60


async def _scraped(tmp_path: Path) -> None:
    port = free_port()
    options = ["--set", f"metricsPort={port}", "--set", "metricsToken=false"]
    async with (
        spawned(tmp_path / "home", *options) as sidecar,
        prometheus(tmp_path, port, [RULES]) as server,
    ):
        await _works(tmp_path, sidecar)
        await server.until("up == 1")
        assert (await get(port, "/readyz")).body == b"ready\n"
        assert 0 < await server.until("scrape_samples_scraped") <= 1_000
        assert promtool("check", "metrics", given=(await get(port, "/metrics")).body.decode()) == ""
        await _shows_durations(server, sidecar)
        await _reads_everything(server)
        await _follows(server, sidecar)


async def _works(folder: Path, sidecar: Spawned) -> None:
    raw = project(color(0, 1, "#102030"))
    await sidecar.request("events.subscribe", topics=["render.state"])
    await sidecar.request("render.start", project={"inline": raw}, output=str(folder / "a.mp4"), jobId="a")
    await sidecar.until("render.state", job__jobId="a", job__state="completed")


async def _shows_durations(server: Prometheus, sidecar: Spawned) -> None:
    """Ask until the server has seen two counts, of which it can tell how fast they grow."""
    rate = "rate(videoc_operation_duration_seconds_bucket[10s])"
    shown = f'histogram_quantile(0.95, sum by (le, group) ({rate})) > 0 and on (group) {{group="cache"}}'.replace(
        '{group="cache"}', 'videoc_operation_duration_seconds_count{group="cache"}'
    )
    with trio.fail_after(PATIENCE):
        while not (found := await server.query(shown)):
            for _ in range(5):
                await sidecar.request("cache.stats")
            await trio.sleep(0.2)
    ((labels, seconds),) = found
    assert labels == {"group": "cache"}
    assert 0 < seconds <= 60
    assert await server.until("videoc_render_duration_seconds_count") == 1
    assert await server.until('videoc_operations_total{operation="render", outcome="ok"}') == 1
    assert await server.until('videoc_http_requests_total{route="metrics", code="2xx"}') > 0


async def _reads_everything(server: Prometheus) -> None:
    """Have every expression that is written out read, and those of what is always there come to something."""
    always = {name for name in SERIES if name.startswith(("system.", "process.", "queues.depth", "rpc."))}
    for name in SERIES:
        found = await server.query(expression(name, 'job="videoc"'))
        # A rate needs a minute to be one of two scrapes: it is there as soon as there are two.
        assert found or name not in always, name
    for family in FAMILIES.values():
        for query, _ in queries(family):
            await server.query(query.replace("$__rate_interval", "10s").replace("$instance", ".*"))
    groups = (await server.ask("rules"))["groups"]
    loaded = {rule["name"]: rule.get("lastError", "") for rule in groups[0]["rules"]}
    expected = {alert_name(named) for named in NAMED.values() if named.limits.enabled}
    assert loaded == dict.fromkeys({*expected, "VideocOwnRule"}, "")


async def _follows(server: Prometheus, sidecar: Spawned) -> None:
    """See an alert of the sidecar's pend, fire, and end, as its events say it does."""
    state = 'videoc_alert_state{alert="planted", severity="info", silenced="false"}'
    await sidecar.request("alerts.setThresholds", rules=[{**OWN, "enter": 1, "forSeconds": 3_600}])
    await server.until(f"{state} == 1")
    await sidecar.request("alerts.setThresholds", rules=[{**OWN, "enter": 1, "forSeconds": 0}])
    await server.until(f"{state} == 2")
    with trio.fail_after(PATIENCE):
        while not await _fires(server):  # noqa: ASYNC110 - a server tells nobody
            await trio.sleep(0.1)
    await sidecar.request("alerts.setThresholds", rules=[{**OWN, "enter": BEYOND, "forSeconds": 0}])
    await server.until(f"{state} == 0")
    with trio.fail_after(PATIENCE):
        while await _fires(server):  # noqa: ASYNC110 - a server tells nobody
            await trio.sleep(0.1)
    seen = await server.past(state, 120)
    steps = [value for value, before in zip(seen, [None, *seen[:-1]], strict=True) if value != before]
    assert steps in ([1, 2, 0], [0, 1, 2, 0])
    told = [event["change"] for event in (await sidecar.request("alerts.history"))["events"] if _planted(event)]
    assert told == ["resolved", "firing"]


async def _fires(server: Prometheus) -> bool:
    alerts = (await server.ask("alerts"))["alerts"]
    return any(
        (each["labels"]["alertname"], each["labels"].get("alert"), each["labels"].get("severity"), each["state"])
        == ("VideocOwnRule", "planted", "info", "firing")
        for each in alerts
    )


def _planted(event: Any) -> bool:
    return bool(event["alert"]["id"] == "planted")


def _series(named: str, values: str) -> list[dict[str, str]]:
    """Return what a threshold looks at, with these values."""
    of = {"instance": "a", "job": "videoc"}

    def line(family: str, given: str, **labels: str) -> dict[str, str]:
        written = ", ".join(f'{name}="{value}"' for name, value in {**of, **labels}.items())
        return {"series": f"videoc_{family}{{{written}}}", "values": given}

    return {
        "cpu": [line("system_cpu_ratio", values)],
        "memory": [line("system_memory_used_bytes", values), line("system_memory_total_bytes", "1x100")],
        "disk": [line("system_disk_free_ratio", values)],
        "responseTime": [line("response_time_seconds", values), line("recent_interactive_operations", "20x100")],
        "loopLag": [line("event_loop_lag_seconds", values, percentile="99")],
    }[named]


def _tested(name: str) -> dict[str, Any]:
    """Plan five minutes of a threshold: well, beyond it, between its two ends, and well again."""
    named = NAMED[name]
    limits, scale = named.limits, 0.001 if named.unit == "ms" else 0.01
    enter, between = limits.enter * scale, (limits.enter + limits.exit) / 2 * scale
    well = limits.exit * scale
    alert = alert_name(named)
    firing = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})'
    begins, held = 30, int(limits.for_seconds)

    def at(seconds: int, *, fires: bool) -> dict[str, Any]:
        samples = [{"labels": "{}", "value": 1}] if fires else []
        return {"expr": firing, "eval_time": f"{seconds}s", "exp_samples": samples}

    # Values of 5 s each: 0-25, 30-90, 95-155, 160 and on.
    return {
        "interval": "5s",
        "input_series": _series(name, f"{well}x5 {enter}x12 {between}x12 {well}x30"),
        "promql_expr_test": [
            at(25, fires=False),
            at(begins + held - 5, fires=False),
            at(begins + held, fires=True),
            at(155, fires=True),
            at(155 + int(limits.keep_seconds), fires=True),
            at(165 + int(limits.keep_seconds), fires=False),
        ],
    }


def _check_metrics() -> None:
    look, given = crowded()
    values = gather(look, given, started=5.0, dropped=0, alerts=ALERTS)
    assert promtool("check", "metrics", given=expose(values, "text").text) == ""


def _check_rules(tmp_path: Path) -> None:
    rules = sum(named.limits.enabled for named in NAMED.values()) + 1
    assert f"SUCCESS: {rules} rules found" in promtool("check", "rules", RULES)
    tests = [_tested(name) for name in ("cpu", "memory", "disk", "responseTime", "loopLag")]
    written = {"rule_files": [str(RULES)], "evaluation_interval": "5s", "tests": tests}
    path = tmp_path / "rules.test.json"
    path.write_text(json.dumps(written))
    assert "SUCCESS" in promtool("test", "rules", path)


if HAVE_PROMETHEUS:

    async def test_a_real_prometheus_scrapes_a_sidecar_at_work(tmp_path: Path) -> None:
        await _scraped(tmp_path)

    def test_the_fullest_page_is_clean() -> None:
        _check_metrics()

    def test_rules_have_their_ways_in_and_out(tmp_path: Path) -> None:
        _check_rules(tmp_path)
