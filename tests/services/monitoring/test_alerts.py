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
from sidecar.services.monitoring.alerting import NAME
from tests.harness.patience import PATIENCE
from tests.services.monitoring.watching import NOW, Watch, kept


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
    watch.look({rule.metric: (rule.enter + rule.exit) / 2}, 100)
    watch.look({}, 100)
    assert watch.changes() == []
    watch.look({rule.metric: rule.exit}, int(rule.keep_seconds) + 1)
    assert watch.changes() == [(name, "resolved")]
    assert (await watch.service.active()).alerts == []
    changed = [event.change for event in (await watch.service.past(10)).events]
    assert changed == ["resolved", "firing"]


async def test_a_bare_number_moves_the_way_out_and_a_struct_only_what_it_names() -> None:
    service = Watch().service
    shown = await service.set_thresholds(SetThresholds(cpu=45, response_time=ThresholdSet(enter=2_000, for_seconds=5)))
    assert (shown.cpu.enter, shown.cpu.exit, shown.cpu.for_seconds, shown.cpu.unit) == (45, 40, 30, "percent")
    assert (shown.response_time.enter, shown.response_time.exit, shown.response_time.for_seconds) == (2_000, 1_600, 5)
    assert shown.response_time.min_samples == 20
    assert (shown.memory.enter, shown.memory.exit) == (85, 80)
    shown = await service.set_thresholds(SetThresholds(disk=90))
    assert (shown.disk.enter, shown.disk.exit, shown.cpu.enter) == (90, 95, 45)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cpu": 0.9}, "did you mean 90"),
        ({"errorRate": {"enter": 0.05}}, "did you mean 5"),
        ({"memory": 101}, "not between 0 and 100"),
        ({"responseTime": 0}, "not between"),
        ({"cpu": {"enter": 80, "exit": 90}}, "must not be more"),
        ({"disk": {"enter": 10, "exit": 5}}, "must not be less"),
        ({"cpu": {"enter": 90, "exit": 0.8}}, "did you mean 80"),
        ({"disk": {"enter": 5, "exit": 0.07}}, "did you mean 7"),
        ({"disk": 100}, "never come back"),
        ({"disk": {"enter": 90, "exit": 100}}, "never come back"),
        ({"memory": {"enter": 80, "exit": 0}}, "never come back"),
        ({"rules": [{"id": "a", "metric": "cache.hitRatio", "enter": 0.2, "exit": 30, "above": False}]}, "mean 0.3"),
        ({"rules": [{"id": "a", "metric": "cache.hitRatio", "enter": 0.2, "exit": 1, "above": False}]}, "never come"),
        ({"rules": [{"id": "a", "metric": "children.count", "enter": 0}]}, "always at or beyond"),
        ({"rules": [{"id": "a", "metric": "children.count", "enter": 1, "exit": -1}]}, "never come back"),
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


async def test_a_rule_that_looks_at_something_else_ends_the_alert_of_the_one_before() -> None:
    watch = Watch()
    rule = AlertRule(id="own", metric="children.count", enter=8, for_seconds=0)
    await watch.service.set_thresholds(SetThresholds(rules=[rule]))
    watch.look({"children.count": 8.0, "system.load": 1.0})
    await watch.service.set_thresholds(SetThresholds(rules=[msgspec.structs.replace(rule, enter=5)]))
    assert watch.changes() == [("own", "firing")]
    await watch.service.set_thresholds(SetThresholds(rules=[msgspec.structs.replace(rule, metric="system.load")]))
    assert watch.changes() == [("own", "resolved")]


def test_a_night_asleep_makes_nothing_due_though_somebody_else_took_the_first_look() -> None:
    watch = Watch()
    watch.look({"system.memory": 0.9}, 3)
    watch.tick += 30_000
    watch.look({"system.memory": 0.9})
    assert watch.changes() == [("memory", "pending")]
    watch.look({"system.memory": 0.9}, 8)
    assert watch.changes() == [("memory", "firing")]


async def test_two_changes_at_once_are_both_kept(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.service.run)
            async with trio.open_nursery() as changes:
                changes.start_soon(watch.service.set_thresholds, SetThresholds(cpu=50))
                changes.start_soon(watch.service.set_thresholds, SetThresholds(memory=60))
                watch.look({"render.stalled": 90.0})
            nursery.cancel_scope.cancel()
    for shown in (await watch.service.thresholds(), await Watch(tmp_path).service.thresholds()):
        assert (shown.cpu.enter, shown.memory.enter) == (50, 60)


async def test_a_read_that_is_cancelled_has_read_nothing(tmp_path: Path) -> None:
    await Watch(tmp_path).service.set_thresholds(SetThresholds(cpu=50))
    for turns in (1, 2) * 10:
        service = Watch(tmp_path).service
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.keeper.load)
            for _ in range(turns):
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        assert (await service.thresholds()).cpu.enter == 50


async def test_an_alert_of_a_rule_that_was_not_kept_is_gone_after_a_restart(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    own = AlertRule(id="own", metric="children.count", enter=1, for_seconds=0)
    await watch.service.set_thresholds(SetThresholds(rules=[own], persist=False))
    watch.look({"children.count": 2.0})
    await kept(watch)
    later = Watch(tmp_path).service
    await later.keeper.load()
    assert later.counts() == (0, 0)
    # Nor one whose rule looks at something else again.
    await later.set_thresholds(SetThresholds(rules=[msgspec.structs.replace(own, metric="system.load")]))
    other = Watch(tmp_path)
    await other.service.set_thresholds(SetThresholds(rules=[own], persist=False))
    other.look({"children.count": 2.0})
    await kept(other)
    again = Watch(tmp_path).service
    await again.keeper.load()
    assert again.counts() == (0, 0)
    await again.set_thresholds(SetThresholds(rules=[]))
    # Nor one that a file tells of.
    path = tmp_path / NAME
    file = msgspec.json.decode(path.read_bytes())
    file["states"]["own"] = {"phase": "firing", "since": NOW, "fired": NOW}
    path.write_bytes(msgspec.json.encode(file))
    edited = Watch(tmp_path).service
    await edited.keeper.load()
    assert edited.counts() == (0, 0)
    assert list(tmp_path.iterdir()) == [path]


async def test_what_flaps_below_its_time_is_not_remembered_and_pushes_nothing_out() -> None:
    watch = Watch()
    watch.look({"system.cpu": 0.95}, 31)
    watch.look({"system.cpu": 0.5}, 31)
    for _ in range(1_000):
        watch.look({"system.cpu": 0.95})
        watch.look({"system.cpu": 0.5})
    assert [event.change for event in (await watch.service.past(1_000)).events] == ["resolved", "firing"]


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
    assert changes == ["firing", "firing"]
    assert (tmp_path / NAME).stat().st_mode & 0o77 == 0


def edited(limits: Any = (), states: Any = ()) -> bytes:
    file = {"version": 1, "limits": dict(limits), "own": [], "states": dict(states), "history": []}
    return msgspec.json.encode(file)


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense",
        b'{"version":2}',
        b'{"version":1,"limits":{"cpu":{}}}',
        edited({"cpu": {"enter": 900, "exit": 80, "for_seconds": 30}}),
        edited({"cpu": {"enter": 0, "exit": 0, "for_seconds": 30}}),
        edited({"cpu": {"enter": 90, "exit": 80, "for_seconds": -1}}),
        edited({"cpu": {"enter": 90, "exit": 80, "for_seconds": 0, "keep_seconds": 1e9}}),
        edited(states={"cpu": {"phase": "firing", "since": 1e300, "fired": 5}}),
        edited(states={"cpu": {"phase": "firing", "since": 1e17, "fired": 5}}),
        edited(states={"cpu": {"phase": "firing"}}),
    ],
)
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


async def test_what_a_later_version_has_added_to_the_file_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / NAME
    await Watch(tmp_path).service.set_thresholds(SetThresholds(cpu=50))
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), "later": [1]}))
    assert (await Watch(tmp_path).service.thresholds()).cpu.enter == 50
    # Nor what an earlier one did not write.
    file = msgspec.json.decode(path.read_bytes())
    path.write_bytes(
        msgspec.json.encode({name: file[name] for name in ("version", "limits", "own", "states", "history")})
    )
    assert (await Watch(tmp_path).service.thresholds()).cpu.enter == 50


def test_two_rules_over_one_number_are_two_alerts() -> None:
    watch = Watch()
    own = AlertRule(id="early", metric="system.memory", enter=0.7, for_seconds=0, severity="info")
    watch.service.held.config = watch.service.held.config.changed(SetThresholds(rules=[own]))
    watch.look({"system.memory": 0.9}, 11)
    assert watch.changes() == [("memory", "pending"), ("early", "firing"), ("memory", "firing")]
