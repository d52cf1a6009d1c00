"""Caches of many entries: what is done to them at once, and what is not looked at one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.services.cache import publishing, settle
from sidecar.services.cache.removal import BATCH
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.session import Sessions
from tests.services.cache.shelf import has, key_of, objects, open_store, put, used_space
from tests.services.cache.test_damage import HARMS, fill, lie


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every cache be one of many entries."""
    monkeypatch.setattr(settle, "MANY", 0)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("harm", [each for each in HARMS if each is not lie])
async def test_the_index_comes_back(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    sizes = await fill(tmp_path, 40)
    harm(tmp_path / "index")
    with open_store(tmp_path) as store:
        for name, size in enumerate(sizes):
            assert await has(store, name, size)
        assert (await store.stats()).held.space == used_space(tmp_path)


@pytest.mark.usefixtures("many")
async def test_what_came_and_went_behind_the_index_is_seen(tmp_path: Path) -> None:
    sizes = await fill(tmp_path, 40)
    found = sorted(objects(tmp_path))
    found[0].unlink()
    found[1].with_suffix(".head").unlink()
    (found[2].parent / "strange").write_bytes(b"nobody's")
    (tmp_path / "objects" / "sound" / "ab").mkdir(parents=True)
    (tmp_path / "objects" / "sound" / "ab" / ("ab" * 32)).write_bytes(b"nobody's")
    with sqlite3.connect(next((tmp_path / "index").glob("*.sqlite"))) as connection:
        connection.execute("DELETE FROM entries WHERE key = ?", [found[3].name])
    connection.close()
    with open_store(tmp_path) as store:
        there = [await has(store, name, size) for name, size in enumerate(sizes)]
        assert there.count(False) == 2
        stats = await store.stats()
        assert stats.held.entries == 38
        assert stats.held.space == used_space(tmp_path)
        assert not (found[2].parent / "strange").exists()


@pytest.mark.usefixtures("many")
async def test_a_file_of_another_size_is_a_miss(tmp_path: Path) -> None:
    sizes = await fill(tmp_path, 10)
    objects(tmp_path)[0].write_bytes(b"short")
    with open_store(tmp_path) as store:
        assert [await has(store, name, size) for name, size in enumerate(sizes)].count(False) == 1
        assert (await store.stats()).held.space == used_space(tmp_path)


async def test_clearing_many_takes_few_turns_at_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "fsync_file", lambda _path: None)
    with open_store(tmp_path) as store:
        for name in range(BATCH + 100):
            assert await put(store, name, 10)
        turns = 0
        exclusive = Sessions.exclusive

        def counted(self: Sessions, work: object, step: object) -> object:
            nonlocal turns
            turns += 1
            return exclusive(self, work, step)  # type: ignore[arg-type]

        monkeypatch.setattr(Sessions, "exclusive", counted)
        cleared = await store.clear(Selection())
        assert (cleared.freed.entries, cleared.in_use) == (BATCH + 100, 0)
        assert turns == 3
        assert objects(tmp_path) == []
        assert await store.known("segments", [key_of(name) for name in range(BATCH + 100)]) == frozenset()


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_thirty_thousand_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "fsync_file", lambda _path: None)
    count = settle.MANY * 3 // 2
    with open_store(tmp_path) as store:
        for name in range(count):
            assert await put(store, name, 10)
    with open_store(tmp_path) as store:
        assert (await store.stats()).held.entries == count
    for path in (tmp_path / "index").iterdir():
        path.unlink()
    with open_store(tmp_path) as store:
        assert (await store.stats()).held.entries == count
        assert (await store.clear(Selection())).freed.entries == count
    assert used_space(tmp_path) == 0
