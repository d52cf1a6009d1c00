"""What the cache holds for projects and files: shared, told apart, and cleared."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, PermissionDenied
from sidecar.commands.grant import Grant
from sidecar.services import importing
from sidecar.services.cache.selection import source_id
from sidecar.services.projects import service as projects
from sidecar.services.projects.refs import read_ref
from sidecar.services.projects.view import ProjectView
from tests.commands.caching import desk_of, publish
from tests.commands.test_render import asks
from tests.harness.media import make_clip
from tests.services.render.studio import color, file, project


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=2, audio="stereo", gop=10)


async def test_projects_share_entries_and_clearing_one_keeps_the_other(tmp_path: Path, clip: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        ours = file(clip, 0, 1)
        one = project(ours, color(1, 1, "#112233"), id="one", name="First")
        two = project(ours, color(1, 1, "#445566"), id="two", name="Second")
        for raw in (one, two):
            await ask("project.open", project=raw)
            started = await ask("render.start", project={"id": raw["id"]}, output=str(tmp_path / f"{raw['id']}.mp4"))
            assert (await desk.render.wait(started["jobId"])).state == "completed"
        found = {each["projectId"]: each for each in (await ask("cache.projects"))["projects"]}
        assert [found[name]["name"] for name in ("one", "two")] == ["First", "Second"]
        assert all(each["open"] and each["coverage"] == 1.0 and each["segments"] >= 2 for each in found.values())
        before = await ask("cache.hasProject", projectId="two")
        assert (before["cached"], before["open"], before["coverage"]) == (True, True, 1.0)
        cleared = await ask("cache.clear", projectId="one", dryRun=True)
        assert cleared == await ask("cache.clear", projectId="one")
        assert cleared["entries"] >= 1
        assert cleared["shared"] >= 1
        assert (await ask("cache.hasProject", projectId="two")) == before
        assert (await ask("cache.hasProject", projectId="one"))["coverage"] < 1.0
        await ask("project.close", projectId="one")
        assert await ask("cache.hasProject", projectId="one") == {
            "cached": False,
            "open": False,
            "coverage": None,
            "bytes": 0,
        }
        plan = await ask("render.plan", project={"inline": two})
        assert plan["plan"]["encode"] == 0


async def test_a_project_is_cached_while_it_is_open_or_an_entry_names_it(tmp_path: Path) -> None:
    path = tmp_path / "film.json"
    async with desk_of(tmp_path) as (desk, ask):
        await ask("project.open", project=project(color(0, 1), id="film", name="Film"))
        state = await ask("cache.hasProject", projectId="film")
        assert state == {"cached": True, "open": True, "coverage": None, "bytes": 0}
        await ask("project.save", project={"id": "film"}, path=str(path))
        assert (await ask("cache.hasProject", path=str(path)))["open"]
        started = await ask("render.start", project={"id": "film"}, output=str(tmp_path / "film.mp4"))
        assert (await desk.render.wait(started["jobId"])).state == "completed"
        await ask("project.close", projectId="film")
        state = await ask("cache.hasProject", path=str(path))
        assert (state["cached"], state["open"], state["coverage"]) == (True, False, None)
        assert not (await ask("cache.hasProject", projectId="other"))["cached"]
        assert not (await ask("cache.hasProject", path=str(tmp_path / "missing.json")))["cached"]
        for wrong in ({}, {"projectId": "film", "path": str(path)}):
            with pytest.raises(InvalidParams):
                await ask("cache.hasProject", **wrong)
    async with desk_of(tmp_path) as (desk, ask):
        (found,) = (await ask("cache.projects"))["projects"]
        assert (found["projectId"], found["name"], found["path"], found["open"]) == ("film", "Film", str(path), False)
        (hidden,) = (await asks(desk, Grant(read=(tmp_path / "elsewhere",)))("cache.projects"))["projects"]
        assert hidden == found | {"path": None}
        assert (await ask("cache.hasProject", path=str(path)))["cached"]
        await ask("cache.clear", projectId="film")
        assert (await ask("cache.projects"))["projects"] == []
        assert not (await ask("cache.hasProject", path=str(path)))["cached"]


async def test_an_edit_lowers_the_coverage_of_the_next_plan(tmp_path: Path) -> None:
    async with desk_of(tmp_path) as (desk, ask):
        await ask("project.open", project=project(color(0, 1, "#100000"), color(1, 1, "#001000"), id="film"))
        started = await ask("render.start", project={"id": "film"}, output=str(tmp_path / "film.mp4"))
        assert (await desk.render.wait(started["jobId"])).state == "completed"
        assert (await ask("cache.hasProject", projectId="film"))["coverage"] == 1.0
        patch = [{"op": "replace", "path": "/tracks/0/clips/1/source/color", "value": "#abcdef"}]
        await ask("project.update", projectId="film", baseRevision=1, patch=patch)
        assert (await ask("cache.hasProject", projectId="film"))["coverage"] is None
        await ask("render.plan", project={"id": "film"})
        assert (await ask("cache.hasProject", projectId="film"))["coverage"] == 0.5


async def test_clearing_by_file_goes_for_everything_that_was_made_from_it(tmp_path: Path, clip: Path) -> None:
    other = tmp_path / "other.mp4"
    shutil.copy(clip, other)
    os.utime(other, ns=(1, 1))
    async with desk_of(tmp_path) as (desk, ask):
        for path in (clip, other):
            raw = project(file(path, 0, 1), color(1, 1), id=path.stem)
            started = await ask("render.start", project={"inline": raw}, output=str(tmp_path / f"{path.stem}-out.mp4"))
            assert (await desk.render.wait(started["jobId"])).state == "completed"
        found = await ask("cache.metadata", path=str(other))
        assert found["kinds"]["segments"]["entries"] == 1
        before = (await ask("cache.stats"))["kinds"]["segments"]["entries"]
        cleared = await ask("cache.clear", path=str(other), kinds=["segments"])
        assert (cleared["entries"], cleared["inUse"], cleared["shared"]) == (1, 0, 0)
        assert (await ask("cache.stats"))["kinds"]["segments"]["entries"] == before - 1
        assert "segments" not in (await ask("cache.metadata", path=str(other)))["kinds"]
        assert (await ask("cache.metadata", path=str(clip)))["kinds"]["segments"]["entries"] == 1
        await publish(desk, "sound", kind="sound", sources=[source_id(clip)])
        assert (await ask("cache.clear", path=str(clip), kinds=["sound"], olderThan=3_600))["entries"] == 0
        assert (await ask("cache.clear", path=str(clip), kinds=["sound"], olderThan=0))["entries"] >= 1
        narrow = asks(desk, Grant(read=(tmp_path / "nowhere",)))
        for method in ("cache.clear", "cache.metadata", "cache.hasProject"):
            with pytest.raises(PermissionDenied):
                await narrow(method, path=str(clip))


async def test_a_project_file_is_read_in_a_thread_that_imports_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[str] = []
    import_checks = importing.import_checks

    async def imported() -> None:
        await import_checks()
        came.append("imported")

    def read(ref: ProjectRef) -> ProjectView:
        came.append("read")
        return read_ref(ref)

    monkeypatch.setattr(importing, "import_checks", imported)
    monkeypatch.setattr(projects, "read_ref", read)
    path = tmp_path / "film.json"
    path.write_text(json.dumps(project(color(0, 1), id="film")))
    async with desk_of(tmp_path) as (_, ask):
        assert not (await ask("cache.hasProject", path=str(path)))["cached"]
    assert came == ["imported", "read"]
