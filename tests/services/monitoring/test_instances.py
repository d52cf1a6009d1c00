"""How sidecars that run are found, and those that are gone are not."""

from __future__ import annotations

import json
import stat
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from sidecar.services.folders import Roots
from sidecar.services.instance import ADDRESS, LOCK, open_folders
from sidecar.services.logger import Logger
from sidecar.services.loopback import Loopback
from sidecar.services.monitoring import instances
from sidecar.services.monitoring.instances import announce, running
from tests.harness.patience import PATIENCE


def roots(root: Path) -> Roots:
    return Roots(root / "data", root / "cache", root / "temp", root / "log")


def put(folder: Path, *, pid: int = 5) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "pid": pid,
        "origin": "http://127.0.0.1:1",
        "token": "t",
        "startedAt": "2026-01-01T00:00:00.000Z",
        "more": 1,
    }
    (folder / ADDRESS).write_text(json.dumps(told))


async def until_written(folder: Path) -> None:
    with trio.fail_after(PATIENCE):
        while not (folder / ADDRESS).exists():  # noqa: ASYNC110 - a file tells nobody that it is there
            await trio.sleep(0.01)


async def test_those_who_listen_are_found(tmp_path: Path) -> None:
    log = Logger(lambda *_: None)
    with open_folders(roots(tmp_path)) as first, open_folders(roots(tmp_path), guest=True) as second:
        one, two = Loopback(lambda: 0), Loopback(lambda: 0)
        async with trio.open_nursery() as nursery:
            for loopback, folders, pid in ((one, first, 11), (two, second, 12)):
                nursery.start_soon(partial(announce, loopback, folders.data, pid=pid, started=0.5, log=log))
            assert running(roots(tmp_path)) == []
            _ = one.origin, two.origin
            await until_written(first.data)
            await until_written(second.data)
            found = running(roots(tmp_path))
            assert [(each.pid, each.data) for each in found] == [(11, first.data), (12, second.data)]
            assert (found[0].origin, found[0].token) == (one.origin, one.token)
            assert found[1].started_at == "1970-01-01T00:00:00.500Z"
            assert stat.S_IMODE((first.data / ADDRESS).stat().st_mode) == 0o600
            nursery.cancel_scope.cancel()
        assert running(roots(tmp_path)) == []
        assert not (first.data / ADDRESS).exists()
        for loopback in (one, two):
            loopback.close()
    assert list((tmp_path / "data" / "instances").iterdir()) == []


def test_those_who_are_gone_are_not_found_and_leave_nothing(tmp_path: Path) -> None:
    others = tmp_path / "data" / "instances"
    put(tmp_path / "data")
    put(others / "dead")
    (others / "dead" / LOCK).touch()
    put(others / "stray")
    (others / "file").touch()
    assert running(roots(tmp_path)) == []
    assert not (others / "stray" / LOCK).exists()
    # Whoever has the lock next is not who has left it: the same number, even, may be another process.
    with open_folders(roots(tmp_path)):
        assert running(roots(tmp_path)) == []
        assert not (tmp_path / "data" / ADDRESS).exists()
        # Written over it is told what is there now, whatever else comes to be in it.
        put(tmp_path / "data", pid=6)
        assert [each.pid for each in running(roots(tmp_path))] == [6]
        (tmp_path / "data" / ADDRESS).write_text("{")
        assert running(roots(tmp_path)) == []
    assert not (others / "dead").exists()


def test_a_second_sweeps_away_what_only_says_how_the_dead_were_reached(tmp_path: Path) -> None:
    dead = tmp_path / "data" / "instances" / "dead"
    with open_folders(roots(tmp_path)):
        put(dead)
        (dead / LOCK).touch()
        with open_folders(roots(tmp_path)):
            assert not dead.exists()


@pytest.mark.parametrize("name", ["replace", "unlink"])
async def test_a_folder_that_hangs_holds_up_no_end(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, back, real = threading.Event(), threading.Event(), getattr(Path, name)

    def hang(path: Path, *given: Any) -> Any:
        inside.set()
        back.wait()
        return real(path, *given)

    monkeypatch.setattr(instances, "LONGEST", 0.05)
    monkeypatch.setattr(Path, name, hang)
    loopback = Loopback(lambda: 0)
    _ = loopback.origin
    log = Logger(lambda *_: None)
    try:
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(announce, loopback, tmp_path, pid=1, started=0.0, log=log))
                if name == "unlink":
                    await until_written(tmp_path)
                else:
                    while not inside.is_set():  # noqa: ASYNC110 - a thread tells nobody
                        await trio.sleep(0.01)
                nursery.cancel_scope.cancel()
            assert inside.is_set()
    finally:
        back.set()
        loopback.close()


async def test_a_disk_that_is_full_is_told_of(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []
    log = Logger(lambda level, event, _fields: lines.append((level, event)))
    loopback = Loopback(lambda: 0)
    _ = loopback.origin
    await announce(loopback, tmp_path / "gone", pid=1, started=0.0, log=log)
    loopback.close()
    assert lines == [("warning", "it cannot be written how this sidecar is reached")]
