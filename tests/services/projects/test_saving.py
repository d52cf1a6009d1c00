"""project.load and project.save: conflicts, backups, paths, disks that refuse."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.commands.shared import ProjectRef
from protocol.errors import (
    DiskFull,
    InvalidParams,
    InvalidProject,
    LimitExceeded,
    OutputUnwritable,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
)
from protocol.project import AudioTrack, FileSource, Project
from protocol.project.normalise import normalise
from sidecar.services.projects import reading
from sidecar.services.projects.paths import media_path, rebased
from sidecar.services.projects.reading import content_of
from sidecar.services.projects.saving import SaveOptions, encode, write_view
from sidecar.services.projects.view import ProjectView
from tests.services.projects.workshop import CLIP, DEMO, longer, open_workshop

OPEN = ProjectRef(id="demo")


def _write(path: Path, raw: Any = DEMO) -> Path:
    path.write_text(json.dumps(raw))
    return path


def _json(path: Path | str | None) -> Any:
    assert path is not None
    return json.loads(Path(path).read_text())


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "film" in path.name)


async def test_load_edit_save_load(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.json")
    path.chmod(0o640)
    async with open_workshop(tmp_path) as shop:
        loaded = await shop.service.load(path)
        assert (loaded.file.path, loaded.file.bytes) == (str(path), path.stat().st_size)
        assert (loaded.migrated_from, loaded.recovery) == (None, None)
        assert shop.service.get("demo").saved_revision == 1
        await shop.service.update("demo", 1, patch=longer(2))
        heard = shop.events.subscribe(["project.changed"])
        saved = await shop.service.save(OPEN, by="me")
        assert (saved.path, saved.revision, saved.bytes) == (str(path), 2, path.stat().st_size)
        assert _json(saved.backup) == DEMO
        event = heard.take()
        assert event is not None
        assert (event.payload.saved, event.payload.by, event.payload.changed.picture) == (True, "me", [])
        assert (path.stat().st_mode & 0o777) == 0o640
        assert shop.service.get("demo").saved_revision == 2
        await shop.service.close("demo")
        again = await shop.service.load(path)
        assert (again.frames, again.file.fingerprint) == (50, saved.fingerprint)
    assert _json(path) == {
        **DEMO,
        "tracks": [{**DEMO["tracks"][0], "clips": [{**CLIP, "duration": 2}]}],
    }


async def test_a_file_changed_on_disk_is_a_conflict(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.json")
    async with open_workshop(tmp_path) as shop:
        loaded = await shop.service.load(path)
        await shop.service.update("demo", 1, patch=longer(2))
        theirs = _write(path, {**DEMO, "name": "theirs"}).read_bytes()
        with pytest.raises(ProjectConflict) as caught:
            await shop.service.save(OPEN)
        assert (caught.value.path, caught.value.expected) == (str(path), loaded.file.fingerprint)
        assert caught.value.actual == reading.fingerprint(theirs)
        assert path.read_bytes() == theirs
        with pytest.raises(ProjectConflict):
            await shop.service.save(OPEN, expect="something else")
        assert _names(tmp_path) == ["film.json"]
        # Whoever names what is there now has seen it, and may write over it.
        await shop.service.save(OPEN, expect=caught.value.actual)
        assert path.read_bytes() != theirs
        os.utime(path, ns=(0, 0))
        await shop.service.save(OPEN)


async def test_a_file_that_is_gone_is_written_anew_unless_it_was_expected(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.json")
    async with open_workshop(tmp_path) as shop:
        loaded = await shop.service.load(path)
        path.unlink()
        with pytest.raises(ProjectConflict) as caught:
            await shop.service.save(OPEN, expect=loaded.file.fingerprint)
        assert caught.value.actual is None
        assert (await shop.service.save(OPEN)).backup is None
        assert path.exists()


async def test_save_elsewhere_and_by_other_references(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        with pytest.raises(InvalidParams):
            await shop.service.save(OPEN)
        with pytest.raises(ProjectConflict):
            await shop.service.save(ProjectRef(id="demo", revision=7), path=tmp_path / "x.json")
        first = await shop.service.save(OPEN, path=tmp_path / "one.json")
        assert first.revision == 1
        assert shop.service.path_of(OPEN) == tmp_path / "one.json"
        assert (await shop.service.save(OPEN)).path == first.path
        inline = await shop.service.save(ProjectRef(inline=DEMO), path=tmp_path / "two.json")
        assert (inline.revision, inline.fingerprint) == (None, first.fingerprint)
        by_path = ProjectRef(path=str(tmp_path / "two.json"))
        again = await shop.service.save(by_path, backups=0)
        assert (again.path, again.backup) == (inline.path, None)
        assert shop.service.path_of(by_path) == tmp_path / "two.json"
        assert shop.service.path_of(ProjectRef(inline=DEMO)) is None
        await shop.service.close("demo")


async def test_backups_are_rotated(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.json")
    (tmp_path / "film.json.mine.bak").write_text("not ours")
    async with open_workshop(tmp_path) as shop:
        await shop.service.load(path)
        for revision in range(1, 6):
            await shop.service.update("demo", revision, patch=longer(revision + 1))
            await shop.service.save(OPEN, backups=2)
    first, second, last, mine = _names(tmp_path)
    assert (first, mine) == ("film.json", "film.json.mine.bak")
    assert [_json(tmp_path / each)["tracks"][0]["clips"][0]["duration"] for each in (second, last)] == [4, 5]


def test_the_original_of_an_older_version_is_kept_once(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.json")
    original = path.read_bytes()
    content = content_of(DEMO)
    view = ProjectView(
        reading.Content(content.project, [], migrated_from="timeline/0"), revision=2, base=tmp_path, path=path
    )
    write_view(view, None, SaveOptions(backups=0))
    assert (tmp_path / "film.json.v0.bak").read_bytes() == original
    write_view(view, None, SaveOptions(backups=0))
    assert (tmp_path / "film.json.v0.bak").read_bytes() == original
    write_view(view, tmp_path / "other.json", SaveOptions())
    assert not (tmp_path / "other.json.v0.bak").exists()


async def test_without_hard_links_backups_are_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = _write(tmp_path / "film.json")
    async with open_workshop(tmp_path) as shop:
        await shop.service.load(path)
        saved = await shop.service.save(OPEN)
        assert _json(saved.backup) == DEMO


@pytest.mark.parametrize(("number", "error"), [(28, DiskFull), (13, OutputUnwritable)])
async def test_a_disk_that_refuses_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    path = _write(tmp_path / "film.json")
    async with open_workshop(tmp_path) as shop:
        await shop.service.load(path)
        await shop.service.update("demo", 1, patch=longer(2))
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", _failing(number))
            with pytest.raises(error):
                await shop.service.save(OPEN)
        with monkeypatch.context() as patched:
            patched.setattr(os, "link", _failing(number))
            patched.setattr(shutil, "copy2", _failing(number))
            with pytest.raises(error):
                await shop.service.save(OPEN)
        assert _json(path) == DEMO
        assert _names(tmp_path) == ["film.json"]
        assert shop.service.get("demo").saved_revision == 1
        await shop.service.save(OPEN)
        assert shop.service.get("demo").saved_revision == 2


def _failing(number: int) -> Any:
    def fail(*_args: object, **_options: object) -> None:
        raise OSError(number, "refused")

    return fail


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        for target in (tmp_path / "file" / "film.json", tmp_path / "none" / "film.json", tmp_path / "data"):
            with pytest.raises(OutputUnwritable):
                await shop.service.save(OPEN, path=target)


async def test_files_that_are_no_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_workshop(tmp_path) as shop:
        with pytest.raises(ProjectNotFound):
            await shop.service.load(tmp_path / "none.json")
        with pytest.raises(ProjectNotFound):
            await shop.service.load(tmp_path)
        for text in ("{", "[" * 100_000, "[]", "\ufeff", '{"schema": 1}'):
            (tmp_path / "bad.json").write_text(text)
            with pytest.raises(InvalidProject):
                await shop.service.load(tmp_path / "bad.json")
        (tmp_path / "bad.json").write_bytes(b'{"schema": "\xff"}')
        with pytest.raises(InvalidProject):
            await shop.service.load(tmp_path / "bad.json")
        _write(tmp_path / "good.json")
        for number, error in ((13, PermissionDenied), (2, ProjectNotFound), (5, InvalidProject)):
            with monkeypatch.context() as patched:
                refused = {13: PermissionError, 2: FileNotFoundError, 5: OSError}[number](number, "refused")
                patched.setattr(Path, "read_bytes", _raising(refused))
                with pytest.raises(error):
                    await shop.service.load(tmp_path / "good.json")
        monkeypatch.setattr(reading, "MAX_FILE_BYTES", 10)
        with pytest.raises(LimitExceeded):
            await shop.service.load(tmp_path / "good.json")


def _raising(error: OSError) -> Any:
    def fail(_path: Path) -> bytes:
        raise error

    return fail


# --- Paths inside the file -----------------------------------------------------------------------------------------


def _with_files(*paths: str) -> dict[str, Any]:
    clips = [{"source": {"kind": "file", "path": path}, "start": at, "duration": 1} for at, path in enumerate(paths)]
    return {
        **DEMO,
        "media": [{"id": "m", "path": paths[0]}],
        "fonts": [{"path": paths[0]}],
        "tracks": [
            {
                "kind": "video",
                "clips": [CLIP, {**CLIP, "id": "c2", "source": {"kind": "file", "media": "m"}, "start": 1}],
            },
            {"kind": "audio", "clips": clips},
            {"kind": "subtitle"},
        ],
    }


def _paths(project: Project) -> list[str]:
    track = project.tracks[1]
    assert isinstance(track, AudioTrack)
    paths = [clip.source.path for clip in track.clips if isinstance(clip.source, FileSource) and clip.source.path]
    assert {project.media[0].path, project.fonts[0].path} == {paths[0]}
    return paths


def _read(raw: dict[str, Any]) -> Project:
    return normalise(msgspec.convert(raw, Project))


def test_paths_are_written_relative_to_the_file(tmp_path: Path) -> None:
    project = _read(_with_files(str(tmp_path / "media" / "a.mp4"), "b.mp4", "file:///x/%ff.mp4", "/elsewhere/c.mp4"))
    new = rebased(project, tmp_path / "old", tmp_path / "new", relative=True)
    up = os.path.relpath("/elsewhere/c.mp4", tmp_path / "new")
    assert _paths(new) == ["../media/a.mp4", "../old/b.mp4", "file:///x/%ff.mp4", up]
    # They lead where they led.
    for before, after in zip(_paths(project), _paths(new), strict=True):
        ours, theirs = media_path(before, tmp_path / "old"), media_path(after, tmp_path / "new")
        assert os.path.normpath(str(ours)) == os.path.normpath(str(theirs))


def test_paths_that_may_not_be_rewritten_still_lead_there(tmp_path: Path) -> None:
    project = _read(_with_files("a.mp4", str(tmp_path / "b.mp4")))
    assert _paths(rebased(project, tmp_path, tmp_path, relative=False)) == ["a.mp4", str(tmp_path / "b.mp4")]
    moved = rebased(project, tmp_path, tmp_path / "new", relative=False)
    assert _paths(moved) == [str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4")]
    assert _paths(rebased(project, None, tmp_path, relative=True)) == ["a.mp4", "b.mp4"]


def test_a_path_on_another_drive_stays_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_drive(_path: Path, _start: Path) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    assert _paths(rebased(_read(_with_files("/d/a.mp4")), None, tmp_path, relative=True)) == ["/d/a.mp4"]


def test_a_written_file_holds_what_is_not_default() -> None:
    raw = {**DEMO, "export": {"video": None, "audio": {"bitrate": 96_000}}}
    raw["tracks"] = [
        {"id": "v1", "kind": "video", "clips": [{**CLIP, "opacity": {"keyframes": [{"time": 0, "value": 1}]}}]}
    ]
    written = json.loads(encode(_read(raw)))
    assert written == raw
    assert normalise(msgspec.convert(written, Project)) == _read(raw)
    assert json.loads(encode(_read({**DEMO, "schema": "timeline/1.0"})))["schema"] == "timeline/1"
