"""Silences: nobody is told of what they hold for, it goes on all the same, and what is left of it at their end is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from protocol.commands.alerts import AlertRule, SetThresholds, SilenceAlerts
from protocol.errors import InvalidParams, OutputUnwritable, ResourceLimit
from sidecar.services.monitoring.alerting import NAME
from sidecar.services.monitoring.times import timestamp
from tests.harness.patience import PATIENCE
from tests.services.monitoring.watching import NOW, Watch, kept

FULL = {"system.memory": 0.9}
EMPTY = {"system.memory": 0.1}
DAY = 86_400.0


def hush(seconds: float = 100.0, **given: Any) -> SilenceAlerts:
    return msgspec.convert({"forSeconds": seconds, **given}, SilenceAlerts)


def history(watch: Watch) -> list[tuple[str, str, bool]]:
    return [(event.alert.id, event.change, event.alert.silenced) for event in watch.service.held.history]


def warned(watch: Watch) -> list[str]:
    return [line["alert"] for line in watch.log.lines if line["level"] == "warning"]


async def test_what_is_silenced_goes_on_and_is_told_of_to_nobody() -> None:
    watch = Watch()
    silence = await watch.service.silence(hush(alerts=["memory"], reason="known"), by="me")
    assert (silence.alerts, silence.severity, silence.by, silence.reason) == (["memory"], None, "me", "known")
    assert (silence.since, silence.until) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:01:40.000Z")
    watch.look({**FULL, "render.stalled": 90.0}, 12)
    assert watch.changes() == [("stalledJob", "firing")]
    alerts = {alert.id: alert for alert in (await watch.service.active()).alerts}
    assert (alerts["memory"].state, alerts["memory"].silenced, alerts["stalledJob"].silenced) == ("firing", True, False)
    assert watch.service.counts() == (2, 0)
    assert {name for name, silenced in watch.service.silenced().items() if silenced} == {"memory"}
    watch.look({**EMPTY, "render.stalled": 90.0}, 32)
    assert watch.changes() == []
    assert history(watch) == [
        ("stalledJob", "firing", False),
        ("memory", "firing", True),
        ("memory", "resolved", True),
    ]
    assert warned(watch) == ["stalledJob"]


@pytest.mark.parametrize("ended", [True, False])
async def test_what_is_still_there_at_the_end_of_a_silence_is_told_then(*, ended: bool) -> None:
    watch = Watch()
    silence = await watch.service.silence(hush(20), by="me")
    watch.look(FULL, 19)
    assert watch.changes() == []
    if ended:
        await watch.service.unsilence(silence.id)
    watch.look(FULL, 2)
    assert watch.changes() == [("memory", "firing")]
    assert warned(watch) == ["memory"]
    assert history(watch) == [("memory", "firing", True)]
    watch.look(EMPTY, 32)
    assert watch.changes() == [("memory", "resolved")]
    assert (await watch.service.silenced_by()).silences == []


async def test_who_was_told_that_it_began_is_told_of_its_end_though_it_is_silenced() -> None:
    watch = Watch()
    watch.look({**FULL, "system.cpu": 0.95}, 12)
    assert watch.changes() == [("cpu", "pending"), ("memory", "pending"), ("memory", "firing")]
    await watch.service.silence(hush(), by="me")
    watch.look({**EMPTY, "system.cpu": 0.1}, 40)
    assert watch.changes() == [("cpu", "cancelled"), ("memory", "resolved")]
    watch.look(FULL, 12)
    await watch.service.set_thresholds(SetThresholds(memory=99))
    watch.look(FULL, 32)
    # Of what came and went in silence there is nothing to tell, neither now nor later.
    assert watch.changes() == []
    watch.look(FULL, 100)
    assert watch.changes() == []


async def test_who_has_not_heard_that_it_fired_is_not_told_that_this_ended() -> None:
    watch = Watch()
    watch.look(FULL, 5)
    await watch.service.silence(hush(alerts=["memory"]), by="me")
    watch.look(FULL, 10)
    watch.look(EMPTY, 40)
    events = []
    while (event := watch.heard.take()) is not None:
        events.append((event.payload.change, event.payload.alert.state, event.payload.alert.fired_at))
    assert events == [("pending", "pending", None), ("cancelled", "pending", None)]
    assert [change for _, change, _ in history(watch)] == ["firing", "resolved"]


async def test_a_silence_is_of_ids_of_a_severity_of_both_or_of_all() -> None:
    for given, silenced in (
        ({"alerts": ["memory"]}, {"memory"}),
        ({"severity": "critical"}, {"errorRate", "disk"}),
        ({"alerts": ["disk", "memory"], "severity": "critical"}, {"disk"}),
        ({}, {*Watch().service.phases(), "late"}),
    ):
        watch = Watch()
        await watch.service.silence(hush(**given), by="me")
        late = AlertRule(id="late", metric="system.load", enter=5)
        await watch.service.set_thresholds(SetThresholds(rules=[late]))
        assert {name for name, held in watch.service.silenced().items() if held} == silenced


async def test_what_cannot_be_silenced_is_refused() -> None:
    service = Watch().service
    with pytest.raises(InvalidParams, match="no alert 'memroy'") as refused:
        await service.silence(hush(alerts=["cpu", "memroy"]), by="me")
    assert (refused.value.path, refused.value.suggestion) == ("/alerts/1", "Did you mean memory?")
    with pytest.raises(InvalidParams, match="no such silence"):
        await service.unsilence("silence-1")
    for _ in range(100):
        await service.silence(hush(), by="me")
    with pytest.raises(ResourceLimit):
        await service.silence(hush(), by="me")
    names = [each.id for each in (await service.silenced_by()).silences]
    assert len(set(names)) == 100
    await service.unsilence(names[5])
    assert [each.id for each in (await service.silenced_by()).silences] == names[:5] + names[6:]
    assert (await service.silence(hush(), by="me")).id not in names


async def test_a_silence_ends_by_the_time_that_passes_not_by_a_clock_that_is_set() -> None:
    watch = Watch()
    await watch.service.silence(hush(3_600), by="me")
    watch.now += 30 * DAY
    watch.look(FULL, 12)
    assert watch.changes() == []
    (held,) = (await watch.service.silenced_by()).silences
    assert held.until == timestamp(watch.now + 3_600)
    watch.now -= 90 * DAY
    # A machine that sleeps lets it pass.
    watch.look(FULL, gap=True, passed=3_600.0)
    assert watch.changes() == [("memory", "firing")]


@pytest.mark.parametrize(
    ("away", "moved", "left"),
    [(60.0, 0.0, 3_540.0), (4_000.0, 0.0, 0.0), (60.0, DAY, 0.0), (60.0, -DAY, 3_600.0)],
)
async def test_a_silence_outlives_the_process_and_the_time_away_counts(
    tmp_path: Path, away: float, moved: float, left: float
) -> None:
    first = Watch(tmp_path)
    silence = await first.service.silence(hush(3_600, alerts=["memory"], reason="so"), by="me")
    # Another boot: its clock begins anew. Its time of day may have been set meanwhile.
    later = Watch(tmp_path, booted=5.0, now=NOW + away + moved)
    held = (await later.service.silenced_by()).silences
    assert len(held) == (left > 0)
    if held:
        assert (held[0].id, held[0].alerts, held[0].by, held[0].reason) == (silence.id, ["memory"], "me", "so")
        later.look(FULL, passed=left - 1)
        later.look(FULL, 12, passed=0.05)
        assert later.changes() == []
        later.look(FULL, passed=1.0)
        assert [name for name, _ in later.changes()] == ["memory"]
    assert (await later.service.silence(hush(), by="me")).id != silence.id


async def test_what_fired_in_silence_is_told_of_after_a_restart_and_what_was_told_is_not(tmp_path: Path) -> None:
    first = Watch(tmp_path)
    first.look({"render.stalled": 90.0})
    await first.service.silence(hush(60), by="me")
    first.look({**FULL, "render.stalled": 90.0}, 12)
    assert first.changes() == [("stalledJob", "firing")]
    await kept(first)
    later = Watch(tmp_path, now=NOW + 12 + 30)
    await later.service.keeper.load()
    later.look({**FULL, "render.stalled": 90.0}, 10)
    assert later.changes() == []
    later.look({**FULL, "render.stalled": 90.0}, 30)
    assert later.changes() == [("memory", "firing")]


async def written(path: Path, ready: Callable[[Any], bool]) -> bytes:
    """Return the file once it says what is waited for."""
    while not ready(msgspec.json.decode(path.read_bytes())):  # noqa: ASYNC110 - a file tells nobody
        await trio.sleep(0.01)
    return path.read_bytes()


async def test_what_a_silence_leaves_to_be_told_is_told_once_though_the_process_is_killed(tmp_path: Path) -> None:
    watch, path = Watch(tmp_path), tmp_path / NAME
    silence = await watch.service.silence(hush(), by="me")
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.service.run)
            watch.look(FULL, 12)
            await written(path, lambda kept: kept["states"].get("memory", {}).get("phase") == "firing")
            await watch.service.unsilence(silence.id)
            watch.look(FULL)
            assert watch.changes() == [("memory", "firing")]
            left = await written(path, lambda kept: kept["told"] == {"memory": "firing"})
            nursery.cancel_scope.cancel()
    path.write_bytes(left)
    later = Watch(tmp_path)
    await later.service.keeper.load()
    later.look(FULL, 5)
    assert later.changes() == []


async def test_a_silence_that_cannot_be_kept_does_not_hold(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "missing")
    with pytest.raises(OutputUnwritable):
        await watch.service.silence(hush(), by="me")
    assert (await watch.service.silenced_by()).silences == []
    folder = tmp_path / "there"
    folder.mkdir()
    other = Watch(folder)
    silence = await other.service.silence(hush(), by="me")
    (folder / NAME).unlink()
    folder.rmdir()
    with pytest.raises(OutputUnwritable):
        await other.service.unsilence(silence.id)
    assert [each.id for each in (await other.service.silenced_by()).silences] == [silence.id]
