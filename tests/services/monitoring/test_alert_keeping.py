"""How alerts are kept: written soon, tried again, read late, and in nobody's way where a folder hangs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from protocol.commands.alerts import AlertRule, SetThresholds, SilenceAlerts
from protocol.errors import DiskFull, OutputUnwritable
from sidecar.services.files import write_atomic
from sidecar.services.monitoring import alert_keeping
from sidecar.services.monitoring.alerting import NAME
from sidecar.services.monitoring.service import MonitoringService
from tests.harness.patience import PATIENCE
from tests.services.monitoring.watching import Watch, kept

FULL = {"system.memory": 0.9}
EMPTY = {"system.memory": 0.1}


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use no threads: a clock that jumps when all tasks wait does not wait for them."""

    async def call(work: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return work()

    monkeypatch.setattr(trio.to_thread, "run_sync", lambda work, *given, **_: call(partial(work, *given)))


@pytest.mark.usefixtures("inline")
async def test_what_fires_is_written_at_once_and_what_pends_soon(autojump_clock: MockClock, tmp_path: Path) -> None:
    watch, path = Watch(tmp_path), tmp_path / NAME
    await watch.service.keeper.load()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.service.run)
        watch.look({"system.cpu": 0.95})
        await trio.sleep(alert_keeping.SOON - 1)
        assert not path.exists()
        await trio.sleep(2)
        assert path.exists()
        path.unlink()
        watch.look({"render.stalled": 90.0})
        await trio.sleep(0.1)
        assert path.exists()
        nursery.cancel_scope.cancel()


@pytest.mark.usefixtures("inline")
async def test_what_could_not_be_written_is_tried_again_and_told_once(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch, path, refused = Watch(tmp_path), tmp_path / NAME, 2

    def write(target: Path, data: bytes, *, mode: int) -> None:
        nonlocal refused
        if refused > 0:
            refused -= 1
            raise DiskFull(path=str(target))
        write_atomic(target, data, mode=mode)

    def warnings() -> int:
        return [line["event"] for line in watch.log.lines].count("the alerts cannot be written")

    monkeypatch.setattr(alert_keeping, "write_atomic", write)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.service.run)
        await trio.sleep(1)
        watch.look(FULL, 12)
        await trio.sleep(1)
        assert (path.exists(), refused, warnings()) == (False, 1, 1)
        await trio.sleep(2 * alert_keeping.SOON)
        assert msgspec.json.decode(path.read_bytes())["told"] == {"memory": "firing"}
        assert warnings() == 1
        refused = 1
        watch.look(EMPTY, 40)
        await trio.sleep(1)
        assert warnings() == 2
        await trio.sleep(alert_keeping.SOON)
        assert msgspec.json.decode(path.read_bytes())["told"] == {}
        nursery.cancel_scope.cancel()


class Hanging:
    """A folder on a server that is gone: who asks first waits until it is back, and nobody may be let in before."""

    def __init__(self) -> None:
        self.inside, self.back = threading.Event(), threading.Event()

    def wait(self) -> None:
        if not self.inside.is_set():
            self.inside.set()
            self.back.wait()


@contextmanager
def hanging(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Iterator[Hanging]:
    hang, real = Hanging(), getattr(owner, name)

    def call(*given: Any) -> Any:
        hang.wait()
        return real(*given)

    monkeypatch.setattr(owner, name, call)
    try:
        yield hang
    finally:
        hang.back.set()


async def until(held: Any) -> None:
    while not held():  # noqa: ASYNC110 - neither a thread nor a file tells
        await trio.sleep(0.01)


async def test_a_file_that_hangs_when_it_is_read_keeps_nobody_from_looking_and_ending(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(alert_keeping, "LONGEST", 0.05)
    watch, looking = Watch(tmp_path), trio.Event()

    async def look() -> None:
        looking.set()
        await trio.sleep_forever()

    sampler: Any = SimpleNamespace(run=look)
    anything: Any = None
    service = MonitoringService(sampler, watch.events, anything, 0.0, watch.service, anything)
    service.begin()
    with hanging(monkeypatch, Path, "read_bytes") as hang, trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run)
            await looking.wait()
            await until(hang.inside.is_set)
            await until(lambda: watch.log.lines)
            watch.look({"render.stalled": 90.0})
            assert watch.changes() == [("stalledJob", "firing")]
            with pytest.raises(OutputUnwritable):
                await watch.service.set_thresholds(SetThresholds(cpu=50))
            nursery.cancel_scope.cancel()
    assert watch.log.lines[0]["detail"] == "it takes more than 0.05 s"
    assert not (tmp_path / NAME).exists()


async def test_a_file_that_hangs_when_it_is_written_holds_up_no_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch = Watch(tmp_path)
    await watch.service.keeper.load()
    monkeypatch.setattr(alert_keeping, "LONGEST", 0.05)
    with hanging(monkeypatch, os, "fsync") as hang, trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.service.run)
            watch.look({"render.stalled": 90.0})
            await until(hang.inside.is_set)
            nursery.cancel_scope.cancel()
        with pytest.raises(OutputUnwritable, match=r"it takes more than 0\.05 s"):
            await watch.service.set_thresholds(SetThresholds(cpu=50))
    assert [line["detail"] for line in watch.log.lines if line["event"] == "the alerts cannot be written"] != []
    assert (await watch.service.thresholds()).cpu.enter == 90


async def test_what_hung_is_over_before_what_is_written_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch, path = Watch(tmp_path), tmp_path / NAME
    await watch.service.keeper.load()
    monkeypatch.setattr(alert_keeping, "LONGEST", 0.05)
    monkeypatch.setattr(alert_keeping, "SOON", 0.05)

    def warned() -> bool:
        return "the alerts cannot be written" in [line["event"] for line in watch.log.lines]

    def told() -> Any:
        return msgspec.json.decode(path.read_bytes())["told"] if path.exists() else {}

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            with hanging(monkeypatch, os, "fsync"):
                nursery.start_soon(watch.service.run)
                watch.look({"render.stalled": 90.0})
                await until(warned)
                watch.look({**FULL, "render.stalled": 90.0}, 12)
            monkeypatch.setattr(alert_keeping, "LONGEST", PATIENCE)
            await until(lambda: told() == {"stalledJob": "firing", "memory": "firing"})
            nursery.cancel_scope.cancel()
    assert list(tmp_path.iterdir()) == [path]


async def test_what_fired_before_is_not_told_while_it_is_being_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = Watch(tmp_path)
    first.look(FULL, 12)
    await kept(first)
    watch = Watch(tmp_path)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            with hanging(monkeypatch, Path, "read_bytes") as hang:
                nursery.start_soon(watch.service.run)
                await until(hang.inside.is_set)
                watch.look(FULL, 12)
            await watch.service.keeper.load()
            watch.look(FULL, 12)
            nursery.cancel_scope.cancel()
    assert watch.changes() == []
    assert watch.service.counts() == (1, 0)


@pytest.mark.parametrize(
    ("before", "meanwhile", "after", "told"),
    [
        # What fired since does not fall back to what it was when it was kept.
        ([(FULL, 3)], [(FULL, 12)], [(FULL, 30)], ["pending", "firing"]),
        ([(FULL, 12)], [(FULL, 12)], [(FULL, 30), (EMPTY, 40)], ["pending", "firing", "resolved"]),
        # What fired then does not pend.
        ([(FULL, 12)], [(FULL, 2)], [(FULL, 30), (EMPTY, 40)], ["pending", "resolved"]),
        # What has ended since is over.
        ([(FULL, 12)], [(FULL, 12), (EMPTY, 40)], [(EMPTY, 40)], ["pending", "firing", "resolved"]),
        ([(FULL, 12)], [], [(EMPTY, 40)], ["resolved"]),
    ],
)
async def test_an_alert_that_is_read_late_is_told_of_once(
    *,
    before: list[Any],
    meanwhile: list[Any],
    after: list[Any],
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    first, read = Watch(tmp_path), Path.read_bytes
    for values, times in before:
        first.look(values, times)
    await kept(first)
    since = [alert.since for alert in (await first.service.active()).alerts]

    def refused(_: Path) -> bytes:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Path, "read_bytes", refused)
    later = Watch(tmp_path, now=first.now + 1_000.0)
    await later.service.keeper.load()
    for values, times in meanwhile:
        later.look(values, times)
    monkeypatch.setattr(Path, "read_bytes", read)
    phases = later.service.phases()["memory"], first.service.phases()["memory"]
    shown = (await later.service.active()).alerts
    if phases == ("firing", "firing"):
        assert [alert.since for alert in shown] == since
    for values, times in after:
        later.look(values, times)
    assert [change for _, change in later.changes()] == told


async def test_a_file_that_nobody_can_read_is_left_alone_until_somebody_can(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch, path = Watch(tmp_path), tmp_path / NAME
    own = AlertRule(id="own", metric="children.count", enter=1, for_seconds=0)
    await watch.service.set_thresholds(SetThresholds(cpu=50, rules=[own]))
    watch.look({"children.count": 2.0, "system.memory": 0.9}, 5)
    watch.look({"children.count": 0.0, "system.memory": 0.9}, 31)
    await kept(watch)
    before, states = path.read_bytes(), watch.service.phases()
    assert (states["own"], states["memory"]) == ("inactive", "firing")
    read, refusing = Path.read_bytes, True

    def refused(file: Path) -> bytes:
        if refusing and file == path:
            raise OSError(24, "Too many open files")
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", refused)
    later = Watch(tmp_path)
    assert (await later.service.thresholds()).cpu.enter == 90
    later.look({"system.memory": 0.9, "render.stalled": 90.0}, 2)
    await kept(later)
    for change in (SetThresholds(cpu=60), SetThresholds(rules=[])):
        with pytest.raises(OutputUnwritable):
            await later.service.set_thresholds(change)
    with pytest.raises(OutputUnwritable):
        await later.service.silence(SilenceAlerts(for_seconds=5), by="me")
    await later.service.set_thresholds(SetThresholds(memory=60, persist=False))
    assert path.name not in {each.name for each in tmp_path.iterdir() if each != path}
    assert read(path) == before
    assert [line["event"] for line in later.log.lines if line["level"] == "warning"].count(
        "the alerts cannot be read"
    ) == 1
    refusing = False
    shown = await later.service.thresholds()
    assert (shown.cpu.enter, shown.memory.enter, shown.rules) == (50, 60, [own])
    # What fired before still does, and what has begun meanwhile goes on.
    assert {name for name, phase in later.service.phases().items() if phase == "firing"} == {"memory", "stalledJob"}
    changes = [(event.alert.id, event.change) for event in (await later.service.past(10)).events]
    assert changes == [("stalledJob", "firing"), ("own", "resolved"), ("memory", "firing"), ("own", "firing")]
    await kept(later)
    assert (await Watch(tmp_path).service.thresholds()).memory.enter == 85
    assert msgspec.json.decode(read(path))["states"]["memory"]["phase"] == "firing"
