"""The journal of unsaved edits: what a crash leaves is offered again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import pytest
import trio
import trio.testing

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidProject, ProjectConflict
from sidecar.services.projects import journal as journals
from sidecar.services.projects.journal import SUFFIX, Entry, Head, JournalWriter, read_journal
from tests.harness.patience import PATIENCE
from tests.services.projects.workshop import DEMO, Workshop, longer, open_workshop

EDIT_AND_WAIT = """
import sys, trio
from pathlib import Path
from tests.services.projects.workshop import DEMO, longer, open_workshop

async def main(folder, path, autosave):
    async with open_workshop(folder, autosave=autosave) as shop:
        opened = await (shop.service.load(Path(path)) if path else shop.service.open(DEMO, base_path="/media"))
        for revision in range(1, 4):
            await shop.service.update(opened.project_id, revision, patch=longer(revision + 1))
        while autosave and not list(folder.glob("data/unsaved/*.journal")):
            await trio.sleep(0.01)
        print("edited", flush=True)
        await trio.sleep_forever()

trio.run(main, Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
"""


def _crash(folder: Path, path: Path | None = None, *, autosave: float = 0) -> None:
    """Edit a project three times in another process, and kill it."""
    process = subprocess.Popen(
        [sys.executable, "-c", EDIT_AND_WAIT, str(folder), str(path or ""), str(autosave)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"edited\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return _write(tmp_path / "film.json", DEMO)


def _write(path: Path, raw: object) -> Path:
    path.write_text(json.dumps(raw))
    return path


def _unsaved(folder: Path) -> list[Path]:
    return sorted((folder / "data" / "unsaved").glob("*"))


@pytest.mark.parametrize("autosave", [0, 0.2])
async def test_edits_of_a_file_survive_a_kill(tmp_path: Path, film: Path, autosave: float) -> None:
    await trio.to_thread.run_sync(lambda: _crash(tmp_path, film, autosave=autosave))
    async with open_workshop(tmp_path) as shop:
        asked = await shop.service.load(film)
        assert (asked.frames, asked.recovery and asked.recovery.revision) == (25, 4)
        await shop.service.close("demo")
        used = await shop.service.load(film, recover="use")
        assert (used.revision, used.frames, used.recovery) == (1, 100, asked.recovery)
        # They are still unsaved, and a second crash loses them no more than the first.
        assert shop.service.get("demo").saved_revision is None
        assert len(_unsaved(tmp_path)) == 1
        with pytest.raises(ProjectConflict):
            await shop.service.close("demo")
        await shop.service.save(ProjectRef(id="demo"))
        assert _unsaved(tmp_path) == []
        await shop.service.close("demo")
        assert (await shop.service.load(film)).recovery is None
        assert (await shop.service.load(film)).frames == 100


async def test_edits_of_an_inline_project_are_found_by_its_id(tmp_path: Path) -> None:
    await trio.to_thread.run_sync(_crash, tmp_path)
    async with open_workshop(tmp_path) as shop:
        assert (await shop.service.open({**DEMO, "id": "other"})).recovery is None
        assert (await shop.service.open({**DEMO, "id": None})).recovery is None
        asked = await shop.service.open(DEMO)
        assert asked.recovery is not None
        used = await shop.service.open(DEMO, recover="use")
        assert (used.project_id, used.frames) == ("demo-2", 100)
        assert (await shop.service.resolve_ref(ProjectRef(id="demo-2"))).base == Path("/media")
        assert (await shop.service.open(DEMO)).recovery is None
        await shop.service.close("demo-2", discard=True)
        assert _unsaved(tmp_path) == []


async def test_ignored_edits_are_dropped(tmp_path: Path, film: Path) -> None:
    await trio.to_thread.run_sync(_crash, tmp_path, film)
    async with open_workshop(tmp_path) as shop:
        ignored = await shop.service.load(film, recover="ignore")
        assert (ignored.frames, ignored.recovery) == (25, None)
        assert _unsaved(tmp_path) == []


async def test_saving_what_was_loaded_in_their_stead_drops_them(tmp_path: Path, film: Path) -> None:
    await trio.to_thread.run_sync(_crash, tmp_path, film)
    await trio.to_thread.run_sync(_crash, tmp_path)
    async with open_workshop(tmp_path) as shop:
        await shop.service.load(film)
        await shop.service.save(ProjectRef(id="demo"))
        assert (await shop.service.load(film)).recovery is not None, "those of the inline project are another's"
        assert len(_unsaved(tmp_path)) == 1
        assert (await shop.service.open(DEMO)).project_id == "demo-3"
        await shop.service.save(ProjectRef(id="demo-3"), path=tmp_path / "new.json")
        assert _unsaved(tmp_path) == []


async def test_edits_begun_from_another_file_do_not_write_over_it(tmp_path: Path, film: Path) -> None:
    await trio.to_thread.run_sync(_crash, tmp_path, film)
    _write(film, {**DEMO, "name": "changed since"})
    async with open_workshop(tmp_path) as shop:
        loaded = await shop.service.load(film, recover="use")
        with pytest.raises(ProjectConflict):
            await shop.service.save(ProjectRef(id="demo"))
        await shop.service.save(ProjectRef(id="demo"), expect=loaded.file.fingerprint)


async def test_an_orderly_end_leaves_unsaved_edits_too(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, autosave=3_000) as shop:
        await shop.service.open(DEMO)
        await shop.service.update("demo", 1, patch=longer(2))
        assert _unsaved(tmp_path) == []
    assert len(_unsaved(tmp_path)) == 1
    async with open_workshop(tmp_path) as shop:
        assert (await shop.service.open(DEMO)).recovery is not None


async def test_edits_are_journalled_in_time(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with open_workshop(tmp_path, autosave=2) as shop:
        await shop.service.open(DEMO)
        for revision in (1, 2):
            await shop.service.update("demo", revision, patch=longer(revision + 1))
            await trio.testing.wait_all_tasks_blocked()
            assert not _holds(tmp_path, revision + 1)
            mock_clock.jump(1.9)
            await trio.to_thread.run_sync(_wait_for, tmp_path, revision + 1)


def _wait_for(folder: Path, revision: int) -> None:
    deadline = monotonic() + PATIENCE
    while not _holds(folder, revision):
        assert monotonic() < deadline
        sleep(0.01)


def _holds(folder: Path, revision: int) -> bool:
    found = [read_journal(file) for file in _unsaved(folder)]
    return any(journal is not None and journal.entry.revision == revision for journal in found)


async def test_what_a_dead_instance_left_is_adopted(tmp_path: Path) -> None:
    (tmp_path / "dead").mkdir()
    await trio.to_thread.run_sync(_crash, tmp_path / "dead")
    adopted = tmp_path / "dead" / "data"
    async with open_workshop(tmp_path, adopted=(adopted, tmp_path / "empty")) as shop:
        assert (await shop.service.open(DEMO)).recovery is not None
        assert len(_unsaved(tmp_path)) == 1
        assert not (adopted / "unsaved").exists()


async def test_a_damaged_journal_is_set_aside(tmp_path: Path) -> None:
    await trio.to_thread.run_sync(_crash, tmp_path)
    (file,) = _unsaved(tmp_path)
    file.write_bytes(b"garbage\n" + file.read_bytes())
    (tmp_path / "data" / "unsaved" / f"folder{SUFFIX}").mkdir()
    (tmp_path / "data" / "unsaved" / "killed.part").write_text("half")
    async with open_workshop(tmp_path) as shop:
        assert (await shop.service.open(DEMO)).recovery is None
    assert [each.name for each in _unsaved(tmp_path)] == sorted([file.with_suffix(".broken").name, f"folder{SUFFIX}"])


async def test_edits_that_no_longer_read_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "data" / "unsaved").mkdir(parents=True)
    head = Head(journal=1, project_id="demo", path=None, base_path=None, fingerprint=None)
    JournalWriter(tmp_path / "data" / "unsaved" / f"x{SUFFIX}", head).append(_entry(2, b'{"schema": "timeline/9"}'))
    async with open_workshop(tmp_path) as shop:
        with pytest.raises(InvalidProject):
            await shop.service.open(DEMO, recover="use")
        assert shop.service.sessions() == []
        assert (await shop.service.open(DEMO, recover="ignore")).recovery is None


async def test_a_journal_that_cannot_be_written_does_not_stop_the_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        (tmp_path / "data" / "unsaved").write_text("a file stands here")
        assert (await shop.service.update("demo", 1, patch=longer(2))).revision == 2
        assert "not journalled" in _log_of(shop)
        (tmp_path / "data" / "unsaved").unlink()
        await shop.service.update("demo", 2, patch=longer(3))
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", _full)
            await shop.service.update("demo", 3, patch=longer(4))
        assert _holds(tmp_path, 3) or _holds(tmp_path, 4)
        await shop.service.update("demo", 4, patch=longer(5))
        assert _holds(tmp_path, 5)


def _full(_fd: int) -> None:
    raise OSError(28, "No space left on device")


def _log_of(shop: Workshop) -> str:
    return (shop.folder / "sidecar.jsonl").read_text()


async def test_unsaved_edits_that_cannot_be_adopted_stay_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dead").mkdir()
    await trio.to_thread.run_sync(_crash, tmp_path / "dead")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "unsaved").write_text("a file stands here")
    async with open_workshop(tmp_path, adopted=(tmp_path / "dead" / "data",)) as shop:
        assert (await shop.service.open(DEMO)).recovery is None
        assert "not adopted" in _log_of(shop)
    assert len(_unsaved(tmp_path / "dead")) == 1


# --- The file itself -----------------------------------------------------------------------------------------------

HEAD = Head(journal=1, project_id="demo", path="/film.json", base_path="/", fingerprint="1-a")


def _entry(revision: int, project: bytes) -> Entry:
    return Entry(revision=revision, saved_at="2026", label="Trim", project=msgspec.Raw(project))


def _project(revision: int, size: int = 10) -> bytes:
    return msgspec.json.encode({"revision": revision, "filler": "x" * size})


def test_the_last_sound_line_counts(tmp_path: Path) -> None:
    file = tmp_path / "j"
    writer = JournalWriter(file, HEAD)
    for revision in range(2, 6):
        writer.append(_entry(revision, _project(revision)))
    whole = file.read_bytes()
    journal = read_journal(file)
    assert journal is not None
    assert (journal.head, journal.entry.revision, bytes(journal.entry.project)) == (HEAD, 5, _project(5))
    starts = [at for at in range(len(whole)) if whole.startswith(b'"revision":', at) and whole[at - 1 : at] == b"{"]
    assert len(starts) == 8
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        found = read_journal(file)
        assert found is None or bytes(found.entry.project) == _project(found.entry.revision)
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        found = read_journal(file)
        assert found is None or (
            found.entry.revision in (4, 5) and bytes(found.entry.project) == _project(found.entry.revision)
        )


def test_a_torn_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "j", HEAD)
    writer.append(_entry(2, _project(2)))
    with writer.file.open("ab") as file:
        file.write(b"00000000 torn")
    writer.append(_entry(3, _project(3)))
    found = read_journal(writer.file)
    assert found is not None
    assert found.entry.revision == 3
    writer.drop()
    writer.drop()
    assert not writer.file.exists()
    writer.append(_entry(4, _project(4)))
    assert read_journal(writer.file) is not None


def test_a_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "COMPACT_BYTES", 10_000)
    writer = JournalWriter(tmp_path / "j", HEAD)
    for revision in range(2, 100):
        writer.append(_entry(revision, _project(revision, 1_000)))
        assert writer.file.stat().st_size < 13_000
    found = read_journal(writer.file)
    assert found is not None
    assert found.entry.revision == 99
    assert [each.name for each in tmp_path.iterdir()] == ["j"]


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"journal":2}', b'{"journal":1}', b"not json", b'{"journal":"1"}'])
def test_a_head_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(journals._line(content) + journals._line(b"{}"))
    assert read_journal(tmp_path / "j") is None


def test_a_journal_without_an_entry_holds_nothing(tmp_path: Path) -> None:
    head: dict[str, Any] = msgspec.to_builtins(HEAD)
    (tmp_path / "j").write_bytes(journals._line(msgspec.json.encode(head)) + journals._line(b"{}"))
    assert read_journal(tmp_path / "j") is None
