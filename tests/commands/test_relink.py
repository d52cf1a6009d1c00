"""project.relink: by fingerprint, by name and duration, what nothing tells apart, rights, and one revision of it all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import InvalidParams, PermissionDenied, ProjectConflict
from sidecar.commands.grant import Grant
from tests.commands.test_project_media import project, settled
from tests.harness.desk import Desk, opened
from tests.harness.media import make_clip


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "one.mp4", seconds=1, audio="stereo")
    make_clip(folder / "two.mp4", seconds=2)
    make_clip(folder / "alike.mp4", seconds=2, size=(96, 48))
    return folder


async def imported(desk: Desk, folder: Path, *names: str) -> None:
    """Open a project over files and read them; its first clip names the first file by path."""
    media = [{"id": name.split(".")[0], "path": name} for name in names]
    await desk.ask("events.subscribe", topics=["media.changed"])
    await desk.ask("project.open", project=project(media, {"path": names[0]}), basePath=str(folder))
    await desk.hear(settled(len(names)))


async def relink(desk: Desk, folder: Path, revision: int = 1, **more: Any) -> Any:
    return await desk.ask("project.relink", projectId="p", baseRevision=revision, folders=[str(folder)], **more)


async def test_by_fingerprint_whatever_it_is_called_now(tmp_path: Path, clips: Path) -> None:
    folder = Path(shutil.copytree(clips, tmp_path / "media"))
    moved = folder / "below"
    moved.mkdir()
    async with opened(tmp_path) as desk:
        await imported(desk, folder, "one.mp4", "two.mp4")
        # Copied with another time, and a copy beside it under another name: the content decides.
        shutil.copyfile(folder / "one.mp4", moved / "renamed.bin")
        shutil.copyfile(folder / "two.mp4", moved / "two.mp4")
        shutil.copyfile(folder / "two.mp4", moved / "again.mp4")
        (folder / "one.mp4").unlink()
        (folder / "two.mp4").unlink()
        told = await relink(desk, folder, dryRun=True)
        assert (told["revision"], told["applied"]) == (1, False)
        found = await relink(desk, folder)
        assert (found["revision"], found["applied"], found["ambiguous"], found["missing"]) == (2, True, [], [])
        assert found["relinked"] == told["relinked"]
        assert [(each["id"], each["to"], each["by"]) for each in found["relinked"]] == [
            ("one", "below/renamed.bin", "fingerprint"),
            ("two", "below/two.mp4", "fingerprint"),
        ]
        assert found["relinked"][0]["clips"] == ["c0"]
        assert found["changed"]["picture"] == [[0, 25]]
        state = await desk.ask("project.get", projectId="p")
        one = state["project"]["media"][0]
        assert (one["path"], one["fingerprint"].split("-")[0]) == (
            "below/renamed.bin",
            str((moved / "renamed.bin").stat().st_size),
        )
        assert state["project"]["tracks"][0]["clips"][0]["source"]["path"] == "below/renamed.bin"
        listed = await desk.ask("project.media", project={"id": "p"})
        assert {each["state"] for each in listed["media"]} <= {"ready", "unknown", "probing"}
        again = await relink(desk, folder, 2)
        assert (again["revision"], again["applied"], again["visited"]) == (2, False, 0)


async def test_by_name_and_duration_when_the_content_is_another(tmp_path: Path, clips: Path) -> None:
    folder = Path(shutil.copytree(clips, tmp_path / "media"))
    elsewhere = tmp_path / "elsewhere"
    for name, seconds in (("right", 2), ("wrong", 1)):
        (elsewhere / name).mkdir(parents=True)
        make_clip(elsewhere / name / "TWO.mp4", seconds=seconds, size=(64, 48))
    async with opened(tmp_path) as desk:
        await imported(desk, folder, "two.mp4")
        (folder / "two.mp4").unlink()
        found = await relink(desk, elsewhere)
        target = elsewhere / "right" / "TWO.mp4"
        assert [(each["file"], each["to"], each["by"]) for each in found["relinked"]] == [
            (str(target), str(target), "nameAndDuration")
        ]


async def test_what_a_saved_project_knows_is_enough(tmp_path: Path, clips: Path) -> None:
    folder = Path(shutil.copytree(clips, tmp_path / "media"))
    async with opened(tmp_path) as desk:
        await imported(desk, folder, "one.mp4", "two.mp4")
        await desk.ask("project.save", project={"id": "p"}, path=str(folder / "p.json"))
    moved = tmp_path / "moved"
    moved.mkdir()
    (folder / "one.mp4").rename(moved / "x.mp4")
    (folder / "two.mp4").unlink()
    make_clip(moved / "two.mp4", seconds=2, size=(64, 48))
    async with opened(tmp_path) as desk:
        await desk.ask("project.load", path=str(folder / "p.json"))
        found = await relink(desk, moved)
        assert [(each["id"], each["by"]) for each in found["relinked"]] == [
            ("one", "fingerprint"),
            ("two", "nameAndDuration"),
        ]


async def test_several_that_could_be_it_are_left_to_the_user(tmp_path: Path, clips: Path) -> None:
    for name, source in (("a", "two.mp4"), ("b", "alike.mp4")):
        (tmp_path / "media" / name).mkdir(parents=True)
        shutil.copyfile(clips / source, tmp_path / "media" / name / "gone.mp4")
    media = [{"id": "m", "path": "gone.mp4"}, {"id": "n", "path": "b/gone.mp4"}, {"id": "o", "path": "never.mp4"}]
    async with opened(tmp_path) as desk:
        await desk.ask("project.open", project=project(media), basePath=str(tmp_path))
        found = await relink(desk, tmp_path / "media")
        assert [(each["id"], each["by"]) for each in found["relinked"]] == [("n", "name")]
        assert [each["id"] for each in found["ambiguous"]] == ["m"]
        assert sorted(found["ambiguous"][0]["files"]) == [
            str(tmp_path / "media" / name / "gone.mp4") for name in ("a", "b")
        ]
        assert [each["id"] for each in found["missing"]] == ["o"]
        only = await relink(desk, tmp_path / "media", 2, ids=["o"], dryRun=True)
        assert (only["ambiguous"], [each["id"] for each in only["missing"]]) == ([], ["o"])
        with pytest.raises(InvalidParams) as caught:
            await relink(desk, tmp_path / "media", 2, ids=["o", "nobody"])
        assert caught.value.path == "/ids/1"


async def test_only_what_may_be_read_is_found(tmp_path: Path, clips: Path) -> None:
    inside, outside = tmp_path / "in", Path(shutil.copytree(clips, tmp_path / "out"))
    inside.mkdir()
    (inside / "one.mp4").symlink_to(outside / "one.mp4")
    (inside / "folder").symlink_to(outside)
    async with opened(tmp_path, Grant(read=(inside.resolve(),))) as desk:
        await desk.ask("project.open", project=project([{"id": "m", "path": str(inside / "x" / "one.mp4")}]))
        found = await relink(desk, inside)
        assert (found["relinked"], [each["id"] for each in found["missing"]]) == ([], ["m"])
        with pytest.raises(PermissionDenied):
            await relink(desk, outside)


async def test_an_edit_meanwhile_is_a_conflict_and_progress_is_told(tmp_path: Path, clips: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.ask("project.open", project=project([{"id": "m", "path": "/gone/one.mp4"}]))
        await desk.ask("project.update", projectId="p", baseRevision=1, patch=[])
        with pytest.raises(ProjectConflict):
            await relink(desk, clips)
        assert (await desk.ask("project.get", projectId="p"))["project"]["media"][0]["path"] == "/gone/one.mp4"
        desk.reported.clear()
        await relink(desk, clips, 2)
        kinds = [each["kind"] for each in desk.reported]
        assert (kinds[0], kinds[-1], "report" in kinds) == ("begin", "end", True)
