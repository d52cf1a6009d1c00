"""The commands of the cache over real services."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.errors import InvalidParams, MediaNotFound, SettingsInvalid
from sidecar.services.cache import changes
from tests.commands.caching import desk_of, find, publish
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import key_of
from tests.services.render.studio import file, project

MIB = 1 << 20


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=2, audio="stereo", gop=10)


async def test_stats_tell_what_was_measured_and_null_where_nothing_was(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        stats = await ask("cache.stats", kinds=["waveforms", "frames"])
        assert list(stats["kinds"]) == ["waveforms", "frames"]
        assert stats["disk"] == {"bytes": 0, "limit": 10_737_418_240, "entries": 0, "fragmentation": None}
        assert stats["memory"] == {"bytes": 0, "limit": 268_435_456, "entries": 0, "fragmentation": None}
        nothing = stats["kinds"]["waveforms"]
        assert nothing["hitRatio"] == {"minute": None, "hour": None, "total": None}
        assert nothing["response"] == {"hit": None, "miss": None}
        await publish(desk, "one", seconds=2.5)
        for _ in range(3):
            assert await find(desk, "one")
        assert not await find(desk, "two")
        desk.services.memory.put("waveforms", key_of("m"), b"x" * 500, seconds=1.0)
        assert desk.services.memory.get("waveforms", key_of("m")) is not None
        stats = await ask("cache.stats")
        found = stats["kinds"]["waveforms"]
        assert (found["entries"], found["disk"], found["memory"]["entries"]) == (2, {"entries": 1, "bytes": 8192}, 1)
        assert found["bytes"] == 8192 + found["memory"]["bytes"]
        assert found["hits"] == {"minute": 4, "hour": 4, "total": 4}
        assert found["misses"] == {"minute": 1, "hour": 1, "total": 1}
        assert found["hitRatio"] == {"minute": 0.8, "hour": 0.8, "total": 0.8}
        assert (found["bytesSaved"], found["secondsSaved"]) == (3500, 8.5)
        hit, miss = found["response"]["hit"], found["response"]["miss"]
        assert (hit["samples"], miss["samples"]) == (4, 1)
        assert 0 < hit["p50"] <= hit["p95"] <= hit["p99"] <= hit["max"] < PATIENCE
        assert stats["disk"]["bytes"] == 8192
        assert 0.8 < stats["disk"]["fragmentation"] < 1
        assert set(stats["kinds"]) == {
            "frames",
            "filmstrips",
            "waveforms",
            "metadata",
            "analysis",
            "segments",
            "sound",
            "proxies",
            "play",
        }


async def test_fragmentation_on_the_disk_is_what_blocks_leave_empty(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        store = desk.services.cache
        for name in range(40):
            made = store.scratch / "made"
            # With its head, as much as fills two blocks; and a byte more than one.
            made.write_bytes(bytes(4096 if name % 2 else 4097))
            kept = await store.publish("waveforms", key_of(name), made, owners=["odd" if name % 2 else "even"])
            assert kept is not None
            kept.release()
        before = (await ask("cache.stats"))["disk"]["fragmentation"]
        await ask("cache.clear", projectId="odd")
        after = (await ask("cache.stats"))["disk"]["fragmentation"]
        assert 0.5 < before < after < 0.7


async def test_limits_hold_when_they_are_set_and_stay(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        limits = await ask("cache.limits")
        assert limits["floor"] == {"memoryBytes": 8 * MIB, "diskBytes": 64 * MIB}
        assert limits["kinds"]["proxies"] is None
        for name in range(6):
            await publish(desk, f"d{name}", kind="proxies")
            desk.services.memory.put("frames", key_of(name), bytes(3 * MIB))
        pinned = await desk.services.cache.find("proxies", key_of("d0"))
        assert pinned is not None
        done = await ask(
            "cache.setLimits", memoryBytes=8 * MIB, diskBytes=64 * MIB, kinds={"proxies": 8192, "frames": None}
        )
        assert (done["evicted"]["entries"], done["over"]) == (5 + 4, 0)
        assert done["limits"]["kinds"]["proxies"] == 8192
        assert done["limits"] == await ask("cache.limits")
        stats = await ask("cache.stats")
        assert (stats["memory"]["limit"], stats["memory"]["entries"]) == (8 * MIB, 2)
        assert (stats["kinds"]["proxies"]["limit"], stats["kinds"]["proxies"]["disk"]["entries"]) == (8192, 1)
        assert stats["kinds"]["frames"]["evictions"]["limit"] == 4
        done = await ask("cache.setLimits", kinds={"proxies": 0}, persist=False)
        assert (done["evicted"]["entries"], done["over"]) == (0, 8192)
        pinned.release()
        done = await ask("cache.setLimits", kinds={"proxies": 0}, persist=False)
        assert (done["evicted"]["entries"], done["over"]) == (1, 0)
        for below in ({"memoryBytes": 8 * MIB - 1}, {"diskBytes": 0}):
            with pytest.raises(InvalidParams) as refused:
                await ask("cache.setLimits", **below, minFreeDiskBytes=5)
            assert refused.value.path == f"/{next(iter(below))}"
        assert (await ask("cache.limits"))["minFreeDiskBytes"] == limits["minFreeDiskBytes"]
    async with desk_of(tmp_path) as (_, ask):
        limits = await ask("cache.limits")
        assert (limits["memoryBytes"], limits["diskBytes"], limits["kinds"]["proxies"]) == (8 * MIB, 64 * MIB, 8192)
        await ask("cache.setLimits", kinds={"proxies": None})
    async with desk_of(tmp_path) as (_, ask):
        assert (await ask("cache.limits"))["kinds"]["proxies"] is None


async def test_settings_change_the_limits_too(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        desk.services.memory.put("frames", key_of(1), bytes(3 * MIB))
        desk.services.settings.set({"cacheMemoryBytes": 2 * MIB, "cacheKinds": {"sound": 5}}, persist=False)
        assert (await ask("cache.stats"))["memory"]["entries"] == 0
        assert (await ask("cache.limits"))["kinds"]["sound"] == 5
        with pytest.raises(SettingsInvalid):
            desk.services.settings.set({"cacheKinds": {"nothing": 5}})


async def test_metadata_is_told_without_probing_and_never_of_another_content(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "a.mp4"
    shutil.copy(clip, path)
    async with desk_of(tmp_path) as (_, ask):
        unknown = await ask("cache.metadata", path=str(path))
        assert unknown["info"] is None
        info = await ask("media.probe", path=str(path))
        known = await ask("cache.metadata", path=str(path))
        assert known["fingerprint"] == unknown["fingerprint"] == info["fingerprint"]
        assert known["info"]["video"] == info["video"]
        with pytest.raises(MediaNotFound):
            await ask("cache.metadata", path=str(tmp_path / "missing.mp4"))
        # The same name, size and time, and another content.
        stamp = path.stat()
        data = bytearray(path.read_bytes())
        data[-9:] = bytes(9)
        path.write_bytes(data)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert (await ask("cache.metadata", path=str(path)))["info"] is None
        assert (await ask("media.probe", path=str(path)))["cached"] is False


async def test_preloading_probes_the_files_of_a_project(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "a.mp4"
    shutil.copy(clip, path)
    raw = project(file(path, 0, 1), file(tmp_path / "missing.mp4", 1, 1), id="film")
    async with desk_of(tmp_path) as (_, ask):
        done = await ask("cache.preload", project={"inline": raw})
        assert done["failed"] == 1
        states = {item["path"]: item["error"] and item["error"]["kind"] for item in done["items"]}
        assert states == {str(path): None, str(tmp_path / "missing.mp4"): "mediaNotFound"}
        found = await ask("media.probe", path=str(path), index="keyframes")
        assert found["cached"]
        assert found["keyframes"]
        assert (await ask("cache.preload", paths=[str(path)], kinds=["metadata", "waveforms"]))["failed"] == 0
        assert (await ask("media.waveform", path=str(path)))["cached"]
        silent = make_clip(tmp_path / "silent.mp4", seconds=1)
        assert (await ask("cache.preload", paths=[str(silent)], kinds=["waveforms"]))["failed"] == 0
        for wrong in (
            {},
            {"paths": [str(path)], "project": {"inline": raw}},
            {"paths": [str(path)], "kinds": ["play"]},
        ):
            with pytest.raises(InvalidParams):
                await ask("cache.preload", **wrong)


async def test_whatever_can_be_made_ahead_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=2, size=(320, 240), audio="stereo", gop=5)
    tone = make_clip(tmp_path / "tone.wav", seconds=1, audio="stereo")
    async with desk_of(tmp_path) as (_, ask):
        await ask("settings.set", settings={"proxyHeight": 120}, persist=False)
        kinds = ["metadata", "waveforms", "filmstrips", "analysis", "proxies"]
        done = await ask("cache.preload", paths=[str(film), str(tone)], kinds=kinds)
        assert [(item["path"], item["kind"]) for item in done["items"] if item["error"]] == []
        assert (await ask("media.waveform", path=str(film)))["cached"]
        assert (await ask("media.filmstrip", path=str(film), count=5))["cached"] == 5
        whole = ["scenes", "black", "freeze", "silence", "loudness", "sharpness", "motion", "bitrate"]
        assert (await ask("media.analyze", path=str(film), kinds=whole))["cached"] == whole
        assert (await ask("media.analyze", path=str(tone), kinds=["loudness"]))["cached"] == ["loudness"]
        found = await ask("media.proxy", path=str(film), make=False)
        assert (found["state"], found["height"]) == ("ready", 120)


async def test_verifying_finds_damage_and_removes_it(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        for name in range(30):
            await publish(desk, f"e{name}")
        await publish(desk, "sound", kind="sound")
        objects = tmp_path / "cache" / "objects" / "waveforms"
        if not objects.exists():
            objects = next((tmp_path).rglob("objects")) / "waveforms"
        for name in (3, 7):
            key = key_of(f"e{name}")
            damaged = objects / key[:2] / key
            damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
        done = await ask("cache.verify", kinds=["waveforms"], repair=False)
        assert (done["checked"], done["corrupt"], done["removed"], done["bytes"]) == (30, 2, 0, 28_000)
        assert {each["key"] for each in done["damaged"]} == {key_of("e3"), key_of("e7")}
        assert (await ask("cache.verify"))["removed"] == 2
        again = await ask("cache.verify")
        assert (again["checked"], again["corrupt"]) == (29, 0)
        assert (await ask("cache.stats"))["kinds"]["waveforms"]["evictions"]["corrupt"] == 2


async def test_verifying_keeps_its_pace_and_can_be_cancelled(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        store = desk.services.cache
        made = store.scratch / "made"
        made.write_bytes(bytes(MIB))
        kept = await store.publish("proxies", key_of(1), made)
        assert kept is not None
        kept.release()
        began = trio.current_time()
        assert (await ask("cache.verify", bytesPerSecond=2 * MIB))["checked"] == 1
        assert trio.current_time() - began >= 0.5
        made.write_bytes(bytes(40 * MIB))
        kept = await store.publish("proxies", key_of(2), made)
        assert kept is not None
        kept.release()
        with trio.move_on_after(0.2) as scope:
            await ask("cache.verify", bytesPerSecond=MIB)
        assert scope.cancelled_caught
        assert (await ask("cache.stats"))["kinds"]["proxies"]["pinned"] == 0


async def until(look: Callable[[], bool]) -> None:
    """Wait for what is bound to come; the caller has a deadline."""
    while True:
        if look():
            return
        await trio.sleep(0.01)


async def test_changes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "EVERY", 0.02)
    async with desk_of(tmp_path) as (desk, ask):
        events = desk.services.events

        def told() -> Any:
            return events.snapshot("cache.changed")

        subscription = events.subscribe(["cache.changed"])
        assert told() is None
        await publish(desk, "one")
        await until(lambda: told() is not None and told().disk.entries == 1)
        assert told().disk.bytes == 8192
        desk.services.memory.put("frames", key_of(1), b"x")
        await until(lambda: told().memory.entries == 1)
        await ask("cache.clear")
        await until(lambda: told().evictions.cleared == 2)
        assert (told().disk.bytes, told().memory.bytes) == (0, 0)
        last = subscription.take()
        assert last is not None
        assert last.payload == told()
        assert subscription.take() is None


async def test_a_limit_that_a_setting_lowers_holds_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "EVERY", 0.02)
    async with desk_of(tmp_path) as (desk, _):
        await publish(desk, "one")

        def limit() -> int:
            told: Any = desk.services.events.snapshot("cache.changed")
            return -1 if told is None else told.disk.limit

        await until(lambda: limit() > 0)
        desk.services.settings.set({"cacheDiskBytes": 0}, persist=False)
        await until(lambda: limit() == 0)
        assert not await find(desk, "one")
