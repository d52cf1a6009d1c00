"""Alerts as clients see them: at their own values, in their units, over restarts, and what cannot be set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from protocol.commands.alerts import AlertRule, SetThresholds, ThresholdSet
from protocol.errors import InvalidParams, OutputUnwritable
from sidecar.core.alerts.named import NAMED
from sidecar.services.events import EventHub
from sidecar.services.monitoring.alerting import NAME, AlertService
from sidecar.services.monitoring.readings import Readings
from tests.harness.patience import PATIENCE
from tests.services.monitoring.samples import sample
from tests.transport.table import FakeLog

NOW = 1_800_000_000.0


class Log(FakeLog):
    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, "level": "warning", **fields})


class Watch:
    """A service, and looks at it once a second."""

    def __init__(self, folder: Path | None = None) -> None:
        self.log = Log()
        self.events = EventHub()
        self.heard = self.events.subscribe(["alerts"])
        logger: Any = self.log
        self.service = AlertService(self.events, logger, None if folder is None else folder / NAME)
        self.tick = 0

    def look(self, values: dict[str, float], times: int = 1, samples: int = 100, *, gap: bool = False) -> None:
        for _ in range(times):
            self.tick += 1
            look = sample(tick=1_000.0 + self.tick, at=NOW + self.tick, gap=gap)
            self.service.take(look, Readings(values, dict.fromkeys(values, samples)))

    def changes(self) -> list[tuple[str, str]]:
        told = []
        while (event := self.heard.take()) is not None:
            told.append((event.payload.alert.id, event.payload.change))
        return told


@pytest.mark.parametrize("name", sorted(NAMED))
async def test_each_threshold_fires_at_its_own_value_and_not_before(name: str) -> None:
    named, watch = NAMED[name], Watch()
    if not named.limits.enabled:
        enter = ThresholdSet(enter=named.limits.enter, enabled=True)
        await watch.service.set_thresholds(
            msgspec.convert({"cacheHitRatio": msgspec.to_builtins(enter)}, SetThresholds)
        )
    rule = named.rule(named.limits)
    near = rule.enter * (0.9999 if rule.above else 1.0001)
    wait = int(rule.for_seconds)
    watch.look({rule.metric: near}, 400)
    assert watch.changes() == []
    watch.look({rule.metric: rule.enter}, wait)
    assert watch.changes() == ([(name, "pending")] if wait else [])
    assert watch.service.counts() == ((0, 1) if wait else (0, 0))
    watch.look({rule.metric: rule.enter})
    assert watch.changes() == [(name, "firing")]
    (alert,) = (await watch.service.active()).alerts
    assert (alert.id, alert.state, alert.unit) == (name, "firing", named.unit)
    assert alert.threshold == pytest.approx(named.limits.enter)
    assert alert.value == pytest.approx(named.limits.enter)
    assert [line["level"] for line in watch.log.lines if line["event"] == "an alert is firing"] == ["warning"]
    watch.look({rule.metric: rule.exit}, 100)
    watch.look({}, 100)
    assert watch.changes() == []
    good = rule.exit * (0.99 if rule.above else 1.01)
    watch.look({rule.metric: good}, int(rule.keep_seconds) + 1)
    assert watch.changes() == [(name, "resolved")]
    assert (await watch.service.active()).alerts == []
    changed = [event.change for event in (await watch.service.past(10)).events]
    assert changed == ["resolved", "firing", *["pending"] * bool(wait)]


async def test_a_bare_number_moves_the_way_out_and_a_struct_only_what_it_names() -> None:
    service = Watch().service
    shown = await service.set_thresholds(SetThresholds(cpu=45, response_time=ThresholdSet(enter=2_000, for_seconds=5)))
    assert (shown.cpu.enter, shown.cpu.exit, shown.cpu.for_seconds, shown.cpu.unit) == (45, 40, 30, "percent")
    assert (shown.response_time.enter, shown.response_time.exit, shown.response_time.for_seconds) == (2_000, 1_600, 5)
    assert shown.response_time.min_samples == 20
    assert (shown.memory.enter, shown.memory.exit) == (85, 80)
    shown = await service.set_thresholds(SetThresholds(disk=90))
    assert (shown.disk.enter, shown.disk.exit, shown.cpu.enter) == (90, 100, 45)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cpu": 0.9}, "did you mean 90"),
        ({"errorRate": {"enter": 0.05}}, "did you mean 5"),
        ({"memory": 101}, "not between 0 and 100"),
        ({"responseTime": 0}, "not between"),
        ({"cpu": {"enter": 80, "exit": 90}}, "must not be more"),
        ({"disk": {"enter": 10, "exit": 5}}, "must not be less"),
        ({"rules": [{"id": "a", "metric": "system.cpus", "enter": 1}]}, "Did you mean system.cpu"),
        ({"rules": [{"id": "cpu", "metric": "system.cpu", "enter": 1}]}, "taken"),
        ({"rules": [{"id": "a", "metric": "system.load", "enter": 1}] * 2}, "taken"),
        ({"rules": [{"id": "a", "metric": "system.cpu", "enter": 90}]}, "did you mean 0.9"),
        ({"rules": [{"id": "a", "metric": "system.load", "enter": 1, "exit": 2}]}, "must not be more"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(given: dict[str, Any], said: str) -> None:
    service = Watch().service
    before = await service.thresholds()
    with pytest.raises(InvalidParams) as refused:
        await service.set_thresholds(msgspec.convert({"loopLag": 500, **given}, SetThresholds))
    assert said.lower() in f"{refused.value.detail} {refused.value.suggestion}".lower()
    assert await service.thresholds() == before


async def test_a_rule_of_ones_own_fires_in_its_metrics_unit_and_ends_with_its_rule() -> None:
    watch = Watch()
    rule = AlertRule(id="crowd", metric="children.count", enter=8, for_seconds=0, severity="info")
    shown = await watch.service.set_thresholds(SetThresholds(rules=[rule]))
    assert shown.rules == [rule]
    watch.look({"children.count": 8.0})
    (alert,) = (await watch.service.active()).alerts
    assert (alert.unit, alert.value, alert.threshold, alert.severity) == ("count", 8.0, 8.0, "info")
    await watch.service.set_thresholds(SetThresholds(rules=[]))
    assert watch.changes() == [("crowd", "firing"), ("crowd", "resolved")]
    assert watch.service.counts() == (0, 0)


async def kept(watch: Watch, *, until: Any = None) -> None:
    """Let it write what there is."""
    await watch.service.load()
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.service.run)
            nursery.cancel_scope.cancel()


async def test_alerts_thresholds_and_history_outlive_the_process(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    rule = AlertRule(id="own", metric="system.load", enter=5)
    await watch.service.set_thresholds(SetThresholds(cpu=50, rules=[rule]))
    await watch.service.set_thresholds(SetThresholds(memory=60, persist=False))
    watch.look({"system.memory": 0.7, "system.cpu": 0.6}, 15)
    assert watch.service.counts() == (1, 1)
    before = (await watch.service.active()).alerts
    await kept(watch)
    later = Watch(tmp_path)
    shown = await later.service.thresholds()
    # What was not to be kept is as it was before.
    assert (shown.cpu.enter, shown.memory.enter, shown.rules) == (50, 85, [rule])
    assert [each.since for each in (await later.service.active()).alerts] == [each.since for each in before]
    await later.service.set_thresholds(SetThresholds(memory=60, persist=False))
    later.look({"system.memory": 0.7, "system.cpu": 0.6}, gap=True)
    later.look({"system.memory": 0.7, "system.cpu": 0.6}, 15)
    assert later.changes() == []
    later.look({"system.memory": 0.7, "system.cpu": 0.6}, 15)
    assert later.changes() == [("cpu", "firing")]
    changes = [event.change for event in (await later.service.past(100)).events]
    assert changes == ["firing", "firing", "pending", "pending"]
    assert (tmp_path / NAME).stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("content", [b"nonsense", b'{"version":2}', b'{"version":1,"limits":{"cpu":{}}}'])
async def test_a_file_that_cannot_be_read_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    watch = Watch(tmp_path)
    assert (await watch.service.thresholds()).cpu.enter == 90
    assert [line["event"] for line in watch.log.lines] == ["the alerts cannot be read"]
    assert (tmp_path / f"{NAME}.broken").read_bytes() == content


async def test_what_cannot_be_kept_is_not_set(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "missing")
    with pytest.raises(OutputUnwritable):
        await watch.service.set_thresholds(SetThresholds(cpu=50))
    assert (await watch.service.thresholds()).cpu.enter == 90
    assert (await watch.service.set_thresholds(SetThresholds(cpu=50, persist=False))).cpu.enter == 50
    await kept(watch)
    assert watch.log.lines == []
    watch.look({"system.cpu": 0.6})
    await kept(watch)
    assert watch.log.lines[-1]["event"] == "the alerts cannot be written"


async def test_a_thousand_changes_are_remembered() -> None:
    watch = Watch()
    for _ in range(600):
        watch.look({"render.stalled": 90.0})
        watch.look({"render.stalled": 0.0}, 31)
    assert len((await watch.service.past(1_000)).events) == 1_000
    assert len((await watch.service.past(3)).events) == 3
