"""The journal's file: damaged, of another version, without a place to be. It never keeps a sidecar from starting."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from protocol.commands.render import JobsQuery
from protocol.project import Project
from sidecar.services.render.adoption import open_journal
from sidecar.services.render.journal import NAME, Batch, Journal
from sidecar.services.render.record import Asked, Content, Record, Row
from tests.services.render.waiting import FILM, SUMMARY, Lines, waiting

BODY = Content.of(msgspec.convert(FILM, Project))


def row(serial: int, **members: object) -> Row:
    asked = Asked(
        output="/o", overwrite=False, range=None, resume=True, labels={}, base=None, read=None, content=BODY.key
    )
    record = Record(
        **{
            "job_id": f"job-{serial}",
            "asked": asked,
            "state": "queued",
            "priority": 0,
            "place": serial,
            "interrupted": False,
            "attempts": 0,
            "created_at": "2026-01-01T00:00:00.000Z",
            "started_at": None,
            "ended_at": None,
            "trace_id": "trace",
            "delivering": [],
            "plan": SUMMARY,
            "problems": [],
            "progress": None,
            "result": None,
            "error": None,
            **members,
        }  # type: ignore[arg-type]  # members of any type
    )
    return Row(serial, record)


def written(path: Path, count: int) -> list[Row]:
    rows = [row(serial) for serial in range(1, count + 1)]
    journal = Journal(path)
    journal.write(Batch(rows, [BODY]))
    journal.close()
    return rows


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = written(tmp_path / NAME, 5)
    log = Lines()
    opened = open_journal(tmp_path, (), log)  # type: ignore[arg-type]  # what it uses of a log
    assert (opened.rows, opened.adopted, log.lines) == (rows, 0, [])
    assert opened.journal.content(BODY.key) == BODY.body
    opened.journal.write(Batch([row(2, state="cancelled")], removed=[1, 3, 4]))
    assert opened.journal.content(BODY.key) == BODY.body
    opened.journal.write(Batch(removed=[5]))
    assert opened.journal.content(BODY.key) is None
    opened.journal.close()
    assert (tmp_path / NAME).exists()


@pytest.mark.parametrize("garbage", [b"", b"not a database at all" * 100, bytes(range(256)) * 64], ids=len)
def test_what_is_no_journal_is_set_aside(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / NAME).write_bytes(garbage)
    log = Lines()
    opened = open_journal(tmp_path, (), log)  # type: ignore[arg-type]
    assert opened.rows == []
    opened.journal.write(Batch([row(1)]))
    opened.journal.close()
    if garbage:
        assert (tmp_path / f"{NAME}.1.broken").read_bytes() == garbage
        assert log.lines[0][0] == "the journal of jobs was set aside"
    assert len(open_journal(tmp_path, (), Lines()).rows) == 1  # type: ignore[arg-type]


def test_a_journal_of_a_later_version_is_left_for_it(tmp_path: Path) -> None:
    written(tmp_path / NAME, 1)
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for number in (1, 2):
        assert open_journal(tmp_path, (), Lines()).rows == []  # type: ignore[arg-type]
        assert (tmp_path / f"{NAME}.1.broken").exists()
        assert not (tmp_path / f"{NAME}.{number + 1}.broken").exists()


def test_a_garbled_row_costs_no_other(tmp_path: Path) -> None:
    written(tmp_path / NAME, 5)
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("UPDATE jobs SET record = replace(record, 'job-3', 'job-4') WHERE serial = 3")
    database.close()
    log = Lines()
    opened = open_journal(tmp_path, (), log)  # type: ignore[arg-type]
    assert [each.serial for each in opened.rows] == [1, 2, 4, 5]
    assert opened.journal.content(BODY.key) == BODY.body
    assert log.lines[0][1]["kept"] == 4
    opened.journal.close()
    assert [each.serial for each in open_journal(tmp_path, (), log).rows] == [1, 2, 4, 5]  # type: ignore[arg-type]


def test_bytes_that_flip_never_keep_it_from_opening(tmp_path: Path) -> None:
    rows = written(tmp_path / "sound" / NAME, 30)
    sound = (tmp_path / "sound" / NAME).read_bytes()
    chance = random.Random(5)
    for turn in range(60):
        folder = tmp_path / str(turn)
        folder.mkdir()
        garbled = bytearray(sound)
        for _ in range(1 + turn % 7):
            garbled[chance.randrange(len(garbled))] ^= 1 << chance.randrange(8)
        if turn % 5 == 0:
            del garbled[chance.randrange(len(garbled)) :]
        (folder / NAME).write_bytes(garbled)
        opened = open_journal(folder, (), Lines())  # type: ignore[arg-type]
        assert all(each in rows for each in opened.rows)
        opened.journal.write(Batch([row(99)]))
        opened.journal.close()
        again = open_journal(folder, (), Lines())  # type: ignore[arg-type]
        assert again.rows[-1] == row(99)
        again.journal.close()


async def test_without_a_place_to_write_jobs_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / NAME).mkdir(parents=True)
    (tmp_path / "data" / NAME / "in-the-way").touch()
    monkeypatch.setattr(Path, "rename", _refuse)
    async with waiting(tmp_path, monkeypatch) as desk:
        await desk.start("a")
        await desk.at_work("a")
        assert (await desk.finish("a")).state == "completed"
        assert len(desk.service.jobs(JobsQuery()).jobs) == 1
        assert [line for line, _ in desk.log.lines if "not journalled" in line]


def _refuse(*_: object) -> None:
    raise PermissionError


def test_a_journal_that_cannot_be_opened_now_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, left = tmp_path / "data", tmp_path / "dead"
    for folder, serial in ((kept, 1), (left, 2)):
        folder.mkdir()
        journal = Journal(folder / NAME)
        journal.write(Batch([row(serial)], [BODY]))
        journal.close()
    connect = sqlite3.connect
    with monkeypatch.context() as patch, closing(connect(kept / NAME)) as busy, closing(connect(left / NAME)) as full:
        patch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **{**named, "timeout": 0.05}))
        for other in (busy, full):
            other.execute("BEGIN IMMEDIATE")
        opened = open_journal(kept, [left], Lines())  # type: ignore[arg-type]
        assert (opened.rows, opened.adopted) == ([], 0)
    assert sorted(path.name for path in (*kept.iterdir(), *left.iterdir()) if "broken" in path.name) == []
    opened = open_journal(kept, [left], Lines())  # type: ignore[arg-type]
    assert ([each.record.job_id for each in opened.rows], opened.adopted) == (["job-1", "job-2"], 1)
    opened.journal.close()


def busy_reading(*_: object) -> None:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    raise error


def test_a_journal_that_cannot_be_read_now_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Journal(tmp_path / NAME)) as journal:
        journal.write(Batch([row(1)], [BODY]))
    with monkeypatch.context() as patch:
        patch.setattr("sidecar.services.render.journal.read_rows", busy_reading)
        opened = open_journal(tmp_path, [], Lines())  # type: ignore[arg-type]
        assert (opened.rows, opened.journal.path) == ([], None)
    assert [path.name for path in tmp_path.iterdir() if "broken" in path.name] == []
    opened = open_journal(tmp_path, [], Lines())  # type: ignore[arg-type]
    assert [each.record.job_id for each in opened.rows] == ["job-1"]
    opened.journal.close()


def test_where_a_new_journal_takes_nothing_jobs_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(b"SQLite format 3\0" + b"what is this " * 1_000)
    write = Journal.write

    def refuse(journal: Journal, batch: Batch) -> None:
        if journal.path is not None:
            busy_reading()
        write(journal, batch)

    monkeypatch.setattr(Journal, "write", refuse)
    opened = open_journal(tmp_path, [], Lines())  # type: ignore[arg-type]
    assert (opened.rows, opened.journal.path) == ([], None)
    opened.journal.close()


class Torn:
    """In the place of a database whose file was damaged while it was open."""

    def execute(self, *_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    def close(self) -> None:
        """Nothing is open."""


def test_wishes_in_a_damaged_journal_are_none(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / NAME)) as journal:
        journal._database.close()
        journal._database = cast("Any", Torn())
        assert journal.wishes() == []
