from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest
import trio

from protocol.events import LogLine
from sidecar.services.events import EventHub
from sidecar.services.logfile import RotatingFile
from sidecar.services.logger import trace
from sidecar.services.logs import FILE_NAME, Log, publisher
from sidecar.services.stderr import BoundedStderr
from tests.harness.patience import PATIENCE


class _Unwritable:
    def __repr__(self) -> str:
        return str(1 / 0)


def _lines(folder: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(raw) for raw in (folder / FILE_NAME).read_bytes().splitlines()]


def test_a_line_holds_time_level_event_trace_and_fields(tmp_path: Path) -> None:
    log = Log(tmp_path)
    token = trace.set("t1")
    try:
        log.logger.info("opened", project_id="demo", path=tmp_path, odd=object, cannot=_Unwritable())
    finally:
        trace.reset(token)
    log.close()
    (line,) = _lines(tmp_path)
    assert str(line.pop("at")).endswith("Z")
    assert line == {
        "level": "info",
        "event": "opened",
        "traceId": "t1",
        "projectId": "demo",
        "path": str(tmp_path),
        "odd": "<class 'object'>",
        "cannot": "_Unwritable, which cannot be written: ZeroDivisionError",
    }
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_stderr_gets_a_copy(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    log = Log(tmp_path, stderr=BoundedStderr(writer))
    log.logger.info("both")
    log.close()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == (tmp_path / FILE_NAME).read_bytes()


def test_levels_below_the_set_one_are_not_written(tmp_path: Path) -> None:
    log = Log(tmp_path, level="warning")
    log.logger.info("no")
    log.logger.warning("yes")
    log.set_level("debug")
    log.logger.debug("now")
    log.logger.error("worst")
    assert [(line["event"], line["level"]) for line in _lines(tmp_path)] == [
        ("yes", "warning"),
        ("now", "debug"),
        ("worst", "error"),
    ]
    log.close()


def test_an_exception_is_written_with_its_traceback(tmp_path: Path) -> None:
    log = Log(tmp_path)
    error = _raised()
    logger = log.logger
    try:
        raise error
    except ValueError:
        logger.exception("inside")
        logger.error("asked", exc_info=True)  # noqa: G201 - what is tested
    logger.error("given", exc_info=error)
    logger.exception("outside")  # noqa: LOG004 - nothing is being handled
    log.close()
    *three, none = _lines(tmp_path)
    assert [line["event"] for line in three] == ["inside", "asked", "given"]
    for line in three:
        assert line["error"] == repr(_raised())
        assert "test_logs.py" in str(line["traceback"])
    assert "error" not in none


def test_a_line_beyond_the_limit_is_cut_and_still_json(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.logger.info("big", payload="x" * 100_000)
    log.logger.info("nested", payload=_nest(10_000))
    log.close()
    big, nested = _lines(tmp_path)
    assert big["event"] == "big"
    assert isinstance(big["cut"], int)
    assert nested["event"] == "nested"


def _raised() -> ValueError:
    try:
        int("broken")
    except ValueError as error:
        return error
    raise AssertionError


def _nest(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_trace_is_found_across_rotated_files_and_redacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    log = Log(tmp_path, files=3)
    log.file = RotatingFile(tmp_path / FILE_NAME, limit=1_000, files=3)
    for number in range(30):
        log.logger.info("step", number=number, trace_id="wanted" if number % 2 else "other", mentions="wanted")
    log.logger.info("path", trace_id="wanted", file="/home/somebody/a.mp4", files=[{"/home/somebody": 1}])
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b'{"traceId":"wanted", torn')
    assert (tmp_path / f"{FILE_NAME}.2").exists()
    trace = log.trace("wanted", limit=5)
    assert trace.truncated
    assert [line.get("number") for line in trace.lines] == [23, 25, 27, 29, None]
    assert trace.lines[-1]["file"] == "~/a.mp4"
    assert trace.lines[-1]["files"] == [{"~": 1}]
    assert log.trace("nobody").lines == []
    log.close()


def test_only_the_newest_files_are_kept(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", limit=100, files=2)
    for number in range(50):
        file.write(b"%060d\n" % number)
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert [int(line) for line in file.lines()] == [48, 49]
    again = RotatingFile(tmp_path / "log", limit=100, files=2)
    again.write(b"%060d\n" % 50)
    again.close()
    assert [int(line) for line in again.lines()] == [49, 50]
    single = RotatingFile(tmp_path / "one", limit=100, files=1)
    for number in range(5):
        single.write(b"%060d\n" % number)
    single.close()
    assert [int(line) for line in single.lines()] == [4]


def test_a_disk_that_refuses_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to("/dev/full")
    log = Log(tmp_path)
    log.logger.info("lost")
    assert log.file.lost == 1
    log.close()
    missing = RotatingFile(tmp_path / "no" / "log", limit=100, files=2)
    missing.write(b"lost\n")
    assert missing.lost == 1


async def test_lines_are_published_from_any_thread(tmp_path: Path) -> None:
    hub = EventHub()
    arrived = trio.Event()

    def wake() -> None:
        arrived.set()

    subscription = hub.subscribe(["log"], wake=wake)
    log = Log(tmp_path)
    log.listen(publisher(hub))
    log.logger.info("here")
    first = subscription.take()
    arrived = trio.Event()
    await trio.to_thread.run_sync(log.logger.info, "there")
    with trio.fail_after(PATIENCE):
        await arrived.wait()
    second = subscription.take()
    assert first is not None
    assert second is not None
    assert isinstance(first.payload, LogLine)
    assert [first.payload.message, second.payload.message] == ["here", "there"]
    log.listen(None)
    log.logger.info("unheard")
    assert subscription.take() is None
    log.close()


def test_a_line_after_the_loop_has_ended_is_only_written(tmp_path: Path) -> None:
    log = Log(tmp_path)

    async def main() -> None:
        log.listen(publisher(EventHub()))

    trio.run(main)
    thread = threading.Thread(target=log.logger.info, args=("late",))
    thread.start()
    thread.join(PATIENCE)
    assert [line["event"] for line in _lines(tmp_path)] == ["late"]
    log.close()
