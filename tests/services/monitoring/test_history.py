"""What is kept of numbers: over gaps, over clocks that are set, and from one process to the next."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from protocol.commands.metrics import HistoryQuery
from protocol.errors import InvalidParams
from sidecar.core.monitoring.rings import STEPS
from sidecar.services.monitoring import keeping
from sidecar.services.monitoring.history import MAGIC, NAME, History, HistoryFile, packed, unpacked
from sidecar.services.monitoring.keeping import keep
from sidecar.services.monitoring.recall import recall
from sidecar.services.monitoring.times import timestamp
from tests.harness.patience import PATIENCE
from tests.transport.table import FakeLog

NAMED = "system.cpu"
NOW = 1_800_000_000.0
TICK = 1_000_000_000.0


def written(seconds: int, name: str = NAMED) -> History:
    """A history whose values are the seconds since it began, the last of them NOW."""
    history = History()
    for second in range(seconds):
        history.add(TICK - seconds + 1 + second, NOW - seconds + 1 + second, {name: float(second)})
    return history


def shown(history: History, now: float = NOW, **query: Any) -> list[float | None]:
    return recall(history, HistoryQuery(metric=NAMED, **query), now).mean


def test_each_step_says_what_was_in_its_slots() -> None:
    history = written(1_000)
    seconds = recall(history, HistoryQuery(metric=NAMED), NOW)
    assert (seconds.step, len(seconds.mean), seconds.mean[-3:]) == (1, 600, [997.0, 998.0, 999.0])
    assert seconds.from_ == timestamp(NOW - 599)
    tens = recall(history, HistoryQuery(metric=NAMED, step=10), NOW)
    assert tens.min[-3:] == [980.0 - 1, 989.0, 999.0]
    assert tens.max[-3:] == [988.0, 998.0, 999.0]
    assert tens.mean[-2] == pytest.approx(993.5)
    assert all(value is None for value in tens.mean[:-101])


def test_before_the_first_look_the_past_is_empty_and_ends_now() -> None:
    before = time.time()
    found = recall(History(), HistoryQuery(metric=NAMED), time.time())
    assert set(found.mean) == {None}
    ends = datetime.fromisoformat(found.from_).timestamp() + len(found.mean)
    assert abs(ends - before) <= 1 + time.time() - before


def test_from_decides_the_step_and_what_comes_before_is_left_out() -> None:
    history = written(1_000)
    assert shown(history, from_=timestamp(NOW - 2)) == [997.0, 998.0, 999.0]
    assert recall(history, HistoryQuery(metric=NAMED, from_=timestamp(NOW - 601)), NOW).step == 10
    assert recall(history, HistoryQuery(metric=NAMED, from_="2001-01-01"), NOW).step == 60
    assert shown(history, from_=timestamp(NOW + 50)) == []
    for wrong in ("yesterday", "2026-13-01"):
        with pytest.raises(InvalidParams, match="/from"):
            shown(history, from_=wrong)


def test_a_machine_that_slept_leaves_a_hole() -> None:
    history = written(10)
    history.add(TICK + 4, NOW + 4, {NAMED: 5.0})
    assert shown(history, NOW + 4)[-6:] == [8.0, 9.0, None, None, None, 5.0]


@pytest.mark.parametrize("set_by", [-86_400.0, 3_600.0])
def test_a_clock_that_is_set_moves_the_past_along(set_by: float) -> None:
    history = written(10)
    history.add(TICK + 1, NOW + 1 + set_by, {NAMED: 10.0})
    now = NOW + 1 + set_by
    assert shown(history, now)[-3:] == [8.0, 9.0, 10.0]
    assert shown(history, now, from_=timestamp(now - 1)) == [9.0, 10.0]


@pytest.mark.parametrize("slept", [0.0, 5.0, -3_600.0])
def test_the_next_process_goes_on_where_the_last_one_ended(slept: float) -> None:
    data = packed(written(500).past())
    history = History()
    # The machine was started anew: its clock began again.
    history.restore(unpacked(data), 77.0 + TICK / 2, NOW + slept)
    gap = max(0, int(slept))
    history.add(78.0 + TICK / 2, NOW + slept + 1, {NAMED: -1.0})
    found = shown(history, NOW + slept + 1)
    assert found[-gap - 3 :] == [498.0, 499.0, *[None] * gap, -1.0]
    assert len([value for value in found if value is not None]) == 501


def test_what_is_older_than_a_ring_is_gone_after_a_long_pause() -> None:
    history = History()
    history.restore(unpacked(packed(written(500).past())), TICK + 7_000.0, NOW + 7_000.0)
    assert set(shown(history, NOW + 7_000.0)) == {None}
    assert 460.0 <= max(value for value in shown(history, NOW + 7_000.0, step=60) if value is not None) <= 499.0


def test_its_size_is_bounded_whatever_comes() -> None:
    history = History()
    history.add(TICK, NOW, {f"made up {number}": 1.0 for number in range(10_000)})
    assert len(history.names()) == 128
    assert len(packed(history.past())) < 2**20


def test_damage_of_any_kind_is_said() -> None:
    data = packed(written(100).past())
    bad = [b"", b"x" + data, data[:-9], data[:60] + bytes(5) + data[65:], data + b"", MAGIC]
    for each in bad[:4] + bad[5:]:
        with pytest.raises(ValueError):
            unpacked(each)
    past = msgspec.structs.replace(written(5).past(), series={NAMED: {1: (5, (b"", b"", b""))}})
    history = written(50)
    with pytest.raises(ValueError):
        history.restore(past, TICK, NOW)
    assert shown(history)[-1] == 49.0


async def kept(history: History, folder: Path, log: FakeLog, until: Any = None) -> None:
    """Keep a history until something holds, or for a moment."""
    logger: Any = log
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep, history, HistoryFile(folder), logger, lambda: NOW, trio.Event())
            while until is not None and not until():  # noqa: ASYNC110 - a file is no event
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()


async def test_it_is_written_now_and_then_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, log = HistoryFile(tmp_path), FakeLog()
    await kept(History(), tmp_path, log)
    assert not file.path.exists()
    monkeypatch.setattr(keeping, "EVERY", 0.01)
    await kept(written(50), tmp_path, log, until=file.path.exists)
    past = file.load()
    assert past is not None
    assert past == written(50).past()
    assert file.path.stat().st_mode & 0o77 == 0
    history = History()
    await kept(history, tmp_path, log, until=history.names)
    assert log.lines == []
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


async def test_a_file_that_cannot_be_read_or_written_is_told_and_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = FakeLog()
    monkeypatch.setattr(FakeLog, "warning", FakeLog.info, raising=False)
    (tmp_path / NAME).write_bytes(b"nonsense")
    await kept(written(5), tmp_path, log, until=lambda: log.lines)
    assert [line["event"] for line in log.lines] == ["the history of metrics cannot be read"]
    monkeypatch.setattr(keeping, "EVERY", 0.01)
    await kept(written(5), tmp_path / "missing", log, until=lambda: len(log.lines) > 1)
    assert log.lines[-1]["event"] == "the history of metrics cannot be written"


@pytest.mark.parametrize("name", ["load", "save"])
async def test_a_folder_that_hangs_holds_up_no_end(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, inside, gone = FakeLog(), threading.Event(), threading.Event()

    def hang(*_: Any) -> None:
        inside.set()
        gone.wait()

    monkeypatch.setattr(FakeLog, "warning", FakeLog.info, raising=False)
    monkeypatch.setattr(HistoryFile, name, hang)
    monkeypatch.setattr(keeping, "EVERY", 0.01)
    monkeypatch.setattr(keeping, "LONGEST", 0.01)
    try:
        await kept(written(5), tmp_path, log, until=inside.is_set)
    finally:
        gone.set()
    told = {(line["event"], line["detail"]) for line in log.lines}
    assert told == (
        set() if name == "load" else {("the history of metrics cannot be written", "it takes more than 0.01 s")}
    )


def test_every_width_is_as_wide_as_it_is_said_to_be() -> None:
    assert STEPS == {1: 600, 10: 720, 60: 1_440}
