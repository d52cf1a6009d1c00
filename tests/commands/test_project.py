"""project.* and settings.* as handlers: what they hand to the services, and what a connection may touch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from protocol.commands import TABLE
from protocol.commands.settings import Settings
from protocol.errors import PermissionDenied, SettingsInvalid
from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import Grant
from sidecar.commands.registry import HANDLERS
from sidecar.services.container import Services
from sidecar.services.settings import SettingsStore
from tests.services.projects.workshop import DEMO, longer, open_workshop


async def _idle() -> None:
    return None


@asynccontextmanager
async def _client(folder: Path, grant: Grant | None = None) -> AsyncIterator[Any]:
    """Yield a function that calls a method as a connection does: params and result as JSON values."""
    async with open_workshop(folder) as shop:
        store = SettingsStore(folder / "config.json", events=shop.events)
        peer = Peer(wake=lambda: None, drain=_idle, quit=lambda: None, client="tester", grant=grant or Grant())
        nothing = SimpleNamespace(follow=lambda *_: None, forget=lambda _: None, remembered=lambda _: {})
        services = cast("Services", SimpleNamespace(projects=shop.service, settings=store, bin=nothing))

        async def call(method: str, **params: Any) -> Any:
            handler = HANDLERS[method]
            result = await handler.run(
                handler.decoder.decode(msgspec.json.encode(params)), Call(services, "trace", peer)
            )
            assert isinstance(result, TABLE[method].result)
            return msgspec.json.decode(msgspec.json.encode(result))

        call.shop = shop  # type: ignore[attr-defined]
        yield call


async def test_a_project_from_open_to_close(tmp_path: Path) -> None:
    async with _client(tmp_path) as call:
        heard = call.shop.events.subscribe(["project.changed"])
        opened = await call("project.open", project=DEMO, basePath=str(tmp_path))
        assert (opened["projectId"], opened["recovery"]) == ("demo", None)
        updated = await call("project.update", projectId="demo", baseRevision=1, patch=longer(2), label="Trim")
        assert updated["changed"] == {"picture": [[0, 50]], "sound": [[25, 50]]}
        assert heard.take().payload.by == "tester"
        assert (await call("project.get", projectId="demo"))["revision"] == 2
        saved = await call("project.save", project={"id": "demo"}, path=str(tmp_path / "a.json"))
        assert (saved["revision"], saved["backup"]) == (2, None)
        assert (await call("project.save", project={"id": "demo"}))["path"] == saved["path"]
        validated = await call("project.validate", project={"id": "demo"}, forExport=False)
        assert (validated["valid"], validated["revision"]) == (True, 2)
        assert (await call("project.analyze", project={"path": saved["path"]}))["frames"] == 50
        assert await call("project.close", projectId="demo") == {}
        loaded = await call("project.load", path=saved["path"], recover="ignore")
        assert (loaded["frames"], loaded["file"]["fingerprint"]) == (50, saved["fingerprint"])


async def test_a_connection_stays_within_its_roots(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    for folder in (inside, outside):
        (folder / "p.json").write_text(json.dumps(DEMO))
    (inside / "link.json").symlink_to(outside / "p.json")
    async with _client(tmp_path, Grant(read=(inside,), write=(inside,))) as call:
        for path in (outside / "p.json", inside / "link.json", inside / ".." / "out" / "p.json"):
            for method, params in (
                ("project.load", {"path": str(path)}),
                ("project.validate", {"project": {"path": str(path)}}),
                ("project.analyze", {"project": {"path": str(path)}}),
                ("project.save", {"project": {"inline": DEMO}, "path": str(path)}),
                ("project.save", {"project": {"path": str(path)}, "path": str(inside / "copy.json")}),
            ):
                with pytest.raises(PermissionDenied):
                    await call(method, **params)
        assert (await call("project.load", path=str(inside / "p.json")))["projectId"] == "demo"
    async with _client(tmp_path, Grant(read=(inside,), write=())) as call:
        await call("project.load", path=str(inside / "p.json"))
        with pytest.raises(PermissionDenied):
            await call("project.save", project={"id": "demo"})


async def test_settings(tmp_path: Path) -> None:
    async with _client(tmp_path) as call:
        applied = await call("settings.set", settings={"autosaveSeconds": 5, "workers": 2})
        assert (applied["applied"], applied["needRestart"]) == (["autosaveSeconds"], ["workers"])
        state = await call("settings.get", keys=["workers"])
        assert state == {
            "settings": {"workers": 2},
            "sources": {"workers": "file"},
            "path": str(tmp_path / "config.json"),
        }
        assert len((await call("settings.get"))["settings"]) == len(Settings.__struct_fields__)
        with pytest.raises(SettingsInvalid):
            await call("settings.get", keys=["nothing"])
        with pytest.raises(SettingsInvalid):
            await call("settings.set", settings={"workers": -1}, persist=True)
