"""project.media and media.changed: files are read in the background, those in sight first, watched, and kept apart by rights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import MediaUnreadable
from sidecar.commands.grant import Grant
from tests.harness.desk import opened
from tests.harness.media import make_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=1, audio="stereo", gop=10)


def project(media: list[dict[str, Any]], *sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    clips = [
        {"id": f"c{at}", "source": {"kind": "file", **source}, "start": at, "duration": 1}
        for at, source in enumerate(sources)
    ]
    track = {"id": "v", "kind": "video", "clips": clips}
    base = {"schema": "timeline/1", "id": "p", "frameRate": "25", "width": 192, "height": 96}
    return {**base, "media": media, "tracks": [track], **more}


def copies(clip: Path, folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [Path(shutil.copyfile(clip, folder / f"{number}.mp4")) for number in range(count)]


def settled(count: int) -> Any:
    def enough(payloads: list[Any]) -> bool:
        return sum(each["state"] not in ("probing", "changed") for each in payloads) >= count

    return enough


async def test_an_import_fills_in_what_is_in_sight_first(tmp_path: Path, clip: Path) -> None:
    files = copies(clip, tmp_path / "media", 30)
    media = [{"id": f"m{number}", "path": str(path)} for number, path in enumerate(files)]
    async with opened(tmp_path, workers=1) as desk:
        await desk.ask("project.open", project=project([]))
        listed = await desk.ask("project.media", project={"id": "p"}, visible=["m20", "m21", str(files[22])])
        assert (listed["media"], listed["waiting"]) == ([], 0)
        await desk.ask("events.subscribe", topics=["media.changed"], projectId="p")
        await desk.ask("project.update", projectId="p", baseRevision=1, project=project(media, {"media": "m25"}))
        payloads = await desk.hear(settled(30))
        ready = [each for each in payloads if each["state"] == "ready"]
        assert [each["ids"] for each in ready[:4]] == [["m20"], ["m21"], ["m22"], ["m25"]]
        assert {each["ids"][0] for each in ready} == {entry["id"] for entry in media}
        assert all(each["info"]["video"][0]["frames"] == 25 and each["projectId"] == "p" for each in ready)
        states = [each["state"] for each in payloads if each["ids"] == ["m7"]]
        assert states in (["probing", "ready"], ["ready"])
        listed = await desk.ask("project.media", project={"id": "p"})
        assert listed["waiting"] == 0
        assert (listed["revision"], len(listed["media"])) == (2, 30)
        entry = listed["media"][25]
        assert (entry["state"], entry["duration"], entry["video"], entry["audio"]) == ("ready", "1/1", 1, 1)
        assert (entry["clips"], entry["bytes"], entry["stored"]) == (["c0"], clip.stat().st_size, None)
        assert entry["file"] == str(files[25].resolve())


async def test_nothing_is_read_unless_somebody_wants_to_know(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.ask("project.open", project=project([{"id": "m", "path": str(clip)}]))
        listed = await desk.ask("project.media", project={"inline": project([{"id": "m", "path": str(clip)}])})
        assert [each["state"] for each in listed["media"]] == ["unknown"]
        assert desk.services.supervisor.children() == ()
        await desk.ask("events.subscribe", topics=["media.changed"])
        assert [each["state"] for each in await desk.hear(settled(1))][-1:] == ["ready"]


async def test_files_that_change_go_and_come_back(tmp_path: Path, clip: Path) -> None:
    first, broken = copies(clip, tmp_path / "media", 2)
    broken.write_bytes(b"no media")
    media = [{"id": "a", "path": str(first)}, {"id": "b", "path": str(broken)}, {"id": "c", "path": "/nowhere.mp4"}]
    async with opened(tmp_path) as desk:
        await desk.ask("events.subscribe", topics=["media.changed"])
        await desk.ask("project.open", project=project(media))
        ends = {each["ids"][0]: each for each in await desk.hear(settled(3))}
        assert {name: each["state"] for name, each in ends.items()} == {"a": "ready", "b": "failed", "c": "missing"}
        assert (ends["b"]["error"]["kind"], ends["b"]["info"]) == (MediaUnreadable.kind, None)
        make_clip(tmp_path / "longer.mp4", seconds=2, size=(96, 48)).replace(first)
        changed = (await desk.hear(settled(1)))[-1]
        assert (changed["state"], changed["info"]["duration"]) == ("ready", "2/1")
        first.unlink()
        assert [each["state"] for each in await desk.hear(settled(1))] == ["missing"]
        listed = await desk.ask("project.media", project={"id": "p"})
        assert [each["state"] for each in listed["media"]] == ["missing", "failed", "missing"]
        shutil.copyfile(clip, tmp_path / "again.mp4").replace(first)
        listed = await desk.ask("project.media", project={"id": "p"})
        assert [each["state"] for each in await desk.hear(settled(1))][-1] == "ready"


async def test_a_file_that_is_not_the_projects_has_changed(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as desk:
        info = await desk.ask("media.probe", path=str(clip))
        size, _, digest = info["fingerprint"].split("-")
        media = [
            {"id": "same", "path": str(clip), "fingerprint": f"{size}-1-{digest}"},
            {"id": "other", "path": str(clip), "fingerprint": f"{size}-1-{'0' * 32}"},
        ]
        listed = await desk.ask("project.media", project={"inline": project(media)})
        assert [each["state"] for each in listed["media"]] == ["ready", "changed"]


async def test_saving_writes_down_what_files_were(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.ask("events.subscribe", topics=["media.changed"])
        await desk.ask("project.open", project=project([{"id": "m", "path": str(clip)}]))
        ready = (await desk.hear(settled(1)))[-1]
        await desk.ask("project.save", project={"id": "p"}, path=str(tmp_path / "p.json"))
        await desk.ask("project.close", projectId="p")
        loaded = await desk.ask("project.load", path=str(tmp_path / "p.json"))
        assert loaded["project"]["media"][0]["fingerprint"] == ready["info"]["fingerprint"]


async def test_rights_hold_in_the_background_too(tmp_path: Path, clip: Path) -> None:
    inside, outside = copies(clip, tmp_path / "in", 1)[0], copies(clip, tmp_path / "out", 1)[0]
    link = tmp_path / "in" / "link.mp4"
    link.symlink_to(outside)
    media = [{"id": name, "path": str(path)} for name, path in (("a", inside), ("b", outside), ("c", link))]
    grant = Grant(read=((tmp_path / "in").resolve(),))
    async with opened(tmp_path, grant) as desk:
        await desk.ask("events.subscribe", topics=["media.changed"])
        await desk.ask("project.open", project=project(media))
        assert {each["ids"][0] for each in await desk.hear(settled(1))} == {"a"}
        listed = await desk.ask("project.media", project={"id": "p"})
        assert [each["state"] for each in listed["media"]] == ["ready", "failed", "failed"]
        assert listed["media"][1]["error"]["kind"] == "permissionDenied"
        assert listed["waiting"] == 0
        # Another connection may read all: what it hears of, this one does not.
        other = type(desk)(desk.services, Grant())
        await other.ask("events.subscribe", topics=["media.changed"])
        await other.ask("project.update", projectId="p", baseRevision=1, patch=[])
        heard = await other.hear(settled(1))
        assert {each["ids"][0] for each in heard} == {"b"} or {each["ids"][0] for each in heard} == {"b", "c"}
        assert all(not subscription.take() for subscription in desk.peer.subscriptions.values())


async def test_a_closed_project_is_left_alone(tmp_path: Path, clip: Path) -> None:
    files = copies(clip, tmp_path / "media", 3)
    async with opened(tmp_path) as desk:
        await desk.ask("events.subscribe", topics=["media.changed"])
        await desk.ask("project.open", project=project([{"id": "m", "path": str(files[0])}]))
        await desk.hear(settled(1))
        await desk.ask("project.close", projectId="p")
        await desk.ask("project.open", project=project([{"id": "n", "path": str(files[1])}], id="q"))
        files[0].unlink()
        heard = await desk.hear(settled(1))
        assert {each["projectId"] for each in heard} == {"q"}
