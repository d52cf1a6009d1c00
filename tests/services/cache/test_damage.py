"""Damage on the disk: what is not as it was published is never handed out, and the index is no more than the files."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.services.cache.head import read_head
from sidecar.services.cache.layout import Layout
from tests.services.cache.shelf import cost, has, key_of, objects, open_store, put, size_of, used_space

MOST = 20_000


def flip(path: Path, chance: random.Random) -> None:
    """Change one byte of a file where it stands."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    with path.open("r+b") as file:
        file.write(data)


async def fill(root: Path, count: int) -> list[int]:
    """Publish entries of all sizes; return their sizes."""
    sizes = [size_of(key_of(name), MOST) for name in range(count)]
    with open_store(root) as store:
        for name, size in enumerate(sizes):
            assert await put(store, name, size)
    return sizes


async def test_one_byte_changed_in_each_of_100_entries_is_seen_each_time(tmp_path: Path) -> None:
    chance = random.Random(4)
    sizes = await fill(tmp_path, 110)
    layout = Layout(tmp_path)
    with open_store(tmp_path) as store:
        for name in range(100):
            flip(layout.object("segments", key_of(name)), chance)
        for name in range(100):
            assert await store.find("segments", key_of(name)) is None
        assert (await store.stats()).kinds["segments"].counts.evictions["corrupt"] == 100
        assert len(objects(tmp_path)) == 10
        for name in range(110):
            assert await has(store, name, sizes[name]) == (name >= 100)
        for name in range(100):
            assert await put(store, name, sizes[name])


async def test_one_byte_changed_in_each_head_is_seen_each_time(tmp_path: Path) -> None:
    chance = random.Random(5)
    await fill(tmp_path, 60)
    layout = Layout(tmp_path)
    for name in range(50):
        flip(layout.head("segments", key_of(name)), chance)
        assert read_head(layout.head("segments", key_of(name))) is None
    with open_store(tmp_path) as store:
        for name in range(25):
            assert await store.find("segments", key_of(name)) is None
    for path in (tmp_path / "index").iterdir():
        path.unlink()
    with open_store(tmp_path) as store:
        assert len(await store.known("segments", [key_of(name) for name in range(60)])) == 10
    assert len(objects(tmp_path)) == 10


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: path.unlink(),
        lambda path: path.with_suffix(".head").unlink(),
        lambda path: path.with_suffix(".head").write_bytes(b""),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.rename(path.with_name("elsewhere")), path.symlink_to(path.with_name("elsewhere"))),
    ],
)
async def test_other_damage_is_a_miss(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    with open_store(tmp_path) as store:
        await put(store, "one")
        await put(store, "two")
        harm(Layout(tmp_path).object("segments", key_of("one")))
        assert not await has(store, "one")
        assert (await store.stats()).held.entries == 1
        assert await put(store, "one")
        assert await has(store, "one")
        assert await has(store, "two")
        assert (await store.stats()).kinds["segments"].pinned == 0


async def test_an_entry_under_another_key_is_a_miss(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        await put(store, "one")
        await put(store, "two")
        layout = Layout(tmp_path)
        for part in (layout.object, layout.head):
            part("segments", key_of("one")).replace(part("segments", key_of("two")))
        assert not await has(store, "two")
        assert not await has(store, "one")


async def test_files_that_nobody_published_are_no_entries_and_go(tmp_path: Path) -> None:
    await fill(tmp_path, 3)
    layout = Layout(tmp_path)
    strange = layout.object("segments", key_of("strange"))
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"strange")
    (strange.parent / "readme.txt").write_text("hello")
    (strange.parent / "folder").mkdir()
    other = tmp_path / "objects" / "mine" / "ab" / "file"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"in a folder that is not the cache's")
    with open_store(tmp_path) as store:
        assert await store.find("segments", key_of("strange")) is None
        assert list(strange.parent.iterdir()) == []
        assert other.exists()
        assert (await store.stats()).held.entries == 3


def lose(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def truncate(folder: Path) -> None:
    path = next(folder.glob("*.sqlite"))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 17)


def empty(folder: Path) -> None:
    next(folder.glob("*.sqlite")).write_bytes(b"")


def garble(folder: Path) -> None:
    """Write noise over the second half, tables included."""
    path = next(folder.glob("*.sqlite"))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(random.Random(6).randbytes(size - size // 2))


def garble_start(folder: Path) -> None:
    with next(folder.glob("*.sqlite")).open("r+b") as file:
        file.write(random.Random(7).randbytes(4096))


def lie(folder: Path) -> None:
    """Leave a sound database that says wrong things."""
    with sqlite3.connect(next(folder.glob("*.sqlite"))) as connection:
        connection.execute("UPDATE entries SET key = ? WHERE key = ?", ["0" * 64, key_of(0)])
        connection.execute("UPDATE entries SET bytes = 1, space = 1 WHERE key = ?", [key_of(1)])
        connection.execute("DELETE FROM entries WHERE key = ?", [key_of(2)])
    connection.close()


def age(folder: Path) -> None:
    with sqlite3.connect(next(folder.glob("*.sqlite"))) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


HARMS = [lose, truncate, empty, garble, garble_start, lie, age]


@pytest.mark.parametrize("harm", HARMS)
async def test_the_index_comes_back_with_the_same_entries(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    sizes = await fill(tmp_path, 60)
    with open_store(tmp_path) as store:
        before = await store.stats()
    harm(tmp_path / "index")
    with open_store(tmp_path) as store:
        assert len(await store.known("segments", [key_of(name) for name in range(60)])) == 60
        assert (await store.stats()).held == before.held
        for name, size in enumerate(sizes):
            assert await has(store, name, size)
    assert before.held.space == used_space(tmp_path)


@pytest.mark.parametrize("harm", [lose, empty, garble, garble_start])
async def test_an_index_harmed_while_two_use_it_comes_back_for_both(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    sizes = await fill(tmp_path, 60)
    with open_store(tmp_path) as one, open_store(tmp_path, name="two") as two:
        assert await has(one, 0, sizes[0])
        assert await has(two, 0, sizes[0])
        for path in (tmp_path / "index").glob("*-wal"):
            path.write_bytes(b"")
        harm(tmp_path / "index")
        for name, size in enumerate(sizes):
            assert await has(one if name % 2 else two, name, size)
        assert await put(one, "new")
        assert await put(two, "newer")
        stats = await two.stats()
        assert stats.held.entries == 62
        assert stats.held.space == used_space(tmp_path)
        assert (await one.stats()).held == stats.held


async def test_uses_outlive_the_index(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for name in range(4):
            await put(store, name)
        assert await has(store, 0)
    lose(tmp_path / "index")
    with open_store(tmp_path, 4 * cost(1000)) as store:
        await put(store, "new")
        assert await store.known("segments", [key_of(name) for name in range(4)]) == {key_of(0), key_of(2), key_of(3)}
