"""Stages: set once, and anew when anything that they are made of changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import trio
import trio.testing

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, InvalidProject, MediaNotFound, SourceChanged
from protocol.problem import Problem
from protocol.project import Project
from sidecar.services.access import ReadAccess
from sidecar.services.preview import pictures
from sidecar.services.preview.breakage import breakage, concerns, error_of, seen_on
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.pictures import Look
from sidecar.services.preview.reading import Reader
from sidecar.services.preview.stage import ALWAYS, Stage
from tests.harness.media import make_clip
from tests.services.preview.showing import SIZE, color, film, number_of, numbered, played, screen

FREE = ReadAccess()


def problem(pointer: str, *ids: str, code: str = "invalidProject", **context: Any) -> Problem:
    return Problem(
        severity="error", code=code, pointer=pointer, ids=list(ids), message="no", suggestion=None, context=context
    )


def project(**members: Any) -> Project:
    raw = film(color(0, 1, id="a"), color(1, 1, id="b"), color(4, 1, id="c", enabled=False), **members)
    raw["tracks"][0]["transitions"] = [{"type": "fade", "from": "a", "to": "b", "duration": 0.4}]
    return msgspec.convert(raw, Project)


def test_a_clip_is_seen_under_its_transitions_too() -> None:
    assert seen_on(project()) == {"a": (0, 30), "b": (20, 50)}


def test_what_stands_in_the_way_stands_where_its_clip_is() -> None:
    clips = (
        problem("/tracks/0/clips/1/effects/0/parameters"),
        problem("/media/0/path", "a", code="mediaNotFound", path="x"),
    )
    found = breakage([*clips, problem("/tracks/0/clips/2"), problem("/export/video")], project())
    assert sorted((each.first, each.end, type(each.error)) for each in found) == [
        (0, 30, MediaNotFound),
        (20, 50, InvalidProject),
    ]
    (whole,) = breakage([problem("/fonts/0")], project())
    assert (whole.first, whole.end) == ALWAYS
    told = concerns([*clips, problem("/fonts/0")], project())
    assert [(each.first, each.end) for each in told] == [(20, 50), (0, 30), ALWAYS]


def test_a_problem_is_the_error_that_it_was() -> None:
    error = error_of(problem("", code="mediaNotFound", path="/gone"))
    assert isinstance(error, MediaNotFound)
    assert (error.path, error.message) == ("/gone", "no")
    assert isinstance(error_of(problem("", code="mediaNotFound", other=1)), InvalidProject)
    assert isinstance(error_of(problem("", code="glyphMissing")), InvalidProject)


async def test_a_stage_is_set_once_for_all_who_ask(tmp_path: Path) -> None:
    source = numbered(tmp_path, seconds=1)
    path = tmp_path / "film.json"
    path.write_bytes(msgspec.json.encode(film(played(source, 0, 1))))
    async with screen(tmp_path) as shown:
        stages = (await shown.service()).stages
        opened = await shown.open(film(played(source, 0, 1)))
        for ref in (ProjectRef(id=opened["id"]), ProjectRef(path=str(path)), ProjectRef(inline=film(color(0, 1)))):
            found: list[Any] = []

            async def ask(ref: ProjectRef = ref, found: list[Any] = found) -> None:
                found.append(await stages.of_project(ref, FREE))

            async with trio.open_nursery() as nursery:
                for _ in range(4):
                    nursery.start_soon(ask)
            assert len({id(stage) for stage in (*found, await stages.of_project(ref, FREE))}) == 1
            other = await stages.of_project(ref, ReadAccess((tmp_path,)))
            assert other is not found[0], "another connection may read other files"
        before = await stages.of_project(ProjectRef(path=str(path)), FREE)
        path.write_bytes(msgspec.json.encode(film(played(source, 0, 0.5))))
        after = await stages.of_project(ProjectRef(path=str(path)), FREE)
        assert (before.frames, after.frames) == (25, 13)
        with pytest.raises(InvalidParams):
            await stages.of_project(ProjectRef(), FREE)


async def test_a_stage_remembers_the_last_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_KEYS", 3)
    raw = film(color(0, 1))
    async with screen(tmp_path) as shown:
        for frame in (0, 1, 2, 0, 3):
            await shown.frame(raw, frame, width=32)
        stage = await (await shown.service()).stages.of_project(ProjectRef(inline=raw), FREE)
        looks = dict(cast("list[tuple[int, Look]]", list(stage.keys)))
        assert list(looks) == [1, 2, 3]
        assert len({id(look) for look in looks.values()}) == 1, "one look for all of them"


async def test_a_file_of_the_same_size_and_time_is_another_one(tmp_path: Path) -> None:
    source, other = tmp_path / "a.png", tmp_path / "b.png"
    make_clip(source, picture="#FF0000", size=SIZE)
    make_clip(other, picture="#0000FF", size=SIZE)
    length = max(source.stat().st_size, other.stat().st_size)
    for path in (source, other):
        path.write_bytes(path.read_bytes().ljust(length, b"\0"))
        os.utime(path, ns=(10**18, 10**18))
    async with screen(tmp_path) as shown:
        raw = film(played(source, 0, 1))
        assert (await shown.picture(raw, 3))[40, 90][0] > 200
        other.replace(source)
        assert (await shown.picture(raw, 3))[40, 90][2] > 200


async def test_a_request_joins_no_stage_that_was_begun_before_its_file_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, other = numbered(tmp_path, seconds=2), numbered(tmp_path, "other.mp4", seconds=1)
    ref = ProjectRef(inline=film(played(source, 0, 1)))
    async with screen(tmp_path) as shown:
        stages = (await shown.service()).stages
        read, go = trio.Event(), trio.Event()
        of_view = Reader.of_view

        async def slow(self: Reader, *given: Any) -> Stage:
            stage = await of_view(self, *given)
            read.set()
            await go.wait()
            return stage

        monkeypatch.setattr(Reader, "of_view", slow)
        found: list[Stage] = []

        async def ask() -> None:
            found.append(await stages.of_project(ref, FREE))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await read.wait()
            other.replace(source)
            for _ in range(3):
                nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            go.set()
        older, *newer = found
        assert {id(stage) for stage in newer} == {id(newer[0])}, "they are still read once for all"
        assert newer[0].fingerprints != older.fingerprints


async def test_what_was_composed_while_a_source_changed_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, other = numbered(tmp_path, seconds=2), numbered(tmp_path, "other.mp4", seconds=1)
    async with screen(tmp_path) as shown:
        raw = film(played(source, 0, 1))
        stages = (await shown.service()).stages
        stage = await stages.of_project(ProjectRef(inline=raw), FREE)
        begin = Composer.begin

        async def changing(self: Composer, fed: Any, **more: Any) -> Any:
            if other.exists():
                other.replace(source)
            return await begin(self, fed, **more)

        monkeypatch.setattr(Composer, "begin", changing)
        answer = await shown.frame(raw, 10)
        assert number_of(await shown.pixels(answer["image"])) == 10
        assert not stages.same(stage)
        assert (await stages.of_project(ProjectRef(inline=raw), FREE)).fingerprints != stage.fingerprints

        async def always(self: Composer, fed: Any, **more: Any) -> Any:
            os.utime(source)
            return await begin(self, fed, **more)

        monkeypatch.setattr(Composer, "begin", always)
        with pytest.raises(SourceChanged):
            await shown.frame(raw, 11)
