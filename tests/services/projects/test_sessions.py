"""Open, update, get, close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from protocol.commands.shared import ProjectRef
from protocol.errors import (
    InvalidParams,
    InvalidProject,
    LimitExceeded,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    UnsupportedSchema,
)
from sidecar.services.projects.patch import TestFailed, apply_patch
from tests.services.projects.workshop import CLIP, DEMO, longer, open_workshop


async def test_open_names_everything(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        opened = await shop.service.open({**DEMO, "tracks": [{"kind": "video", "clips": [{**CLIP, "id": None}]}]})
        assert (opened.project_id, opened.revision, opened.frames, opened.duration) == ("demo", 1, 25, "1/1")
        assert (opened.project.tracks[0].id, opened.problems, opened.recovery) == ("track-1", [], None)
        again = await shop.service.open(DEMO)
        assert (again.project_id, again.project.id) == ("demo-2", "demo")
        nameless = await shop.service.open({**DEMO, "id": None})
        assert (nameless.project_id, nameless.project.id) == ("project", "project")
        long = [(await shop.service.open({**DEMO, "id": "x" * 128})).project_id for _ in range(2)]
        assert long == ["x" * 128, "x" * 126 + "-2"]


async def test_sixteen_may_be_open(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        async with trio.open_nursery() as nursery:
            for _ in range(16):
                nursery.start_soon(shop.service.open, DEMO)
        with pytest.raises(LimitExceeded):
            await shop.service.open(DEMO)
        await shop.service.close("demo-7")
        assert (await shop.service.open(DEMO)).project_id == "demo-7"


async def test_what_cannot_be_read_is_not_opened(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        with pytest.raises(InvalidProject) as caught:
            await shop.service.open({**DEMO, "width": "wide", "height": "high"})
        assert {problem["pointer"] for problem in caught.value.problems} == {"/width", "/height"}
        with pytest.raises(UnsupportedSchema):
            await shop.service.open({**DEMO, "schema": "timeline/2"})
        with pytest.raises(UnsupportedSchema):
            await shop.service.open({**DEMO, "schema": "timeline/0"})
        # What can be read is opened with its errors: an editor has to be able to mend them.
        overlap = {**DEMO, "tracks": [{"kind": "video", "clips": [CLIP, {**CLIP, "id": "c2"}]}]}
        opened = await shop.service.open(overlap)
        assert [problem.severity for problem in opened.problems] == ["error"]


async def test_an_update_makes_the_next_revision(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        heard = shop.events.subscribe(["project.changed"], project_id="demo")
        updated = await shop.service.update("demo", 1, patch=longer(2), by="editor")
        assert (updated.revision, updated.frames, updated.duration) == (2, 50, "2/1")
        assert (updated.changed.picture, updated.changed.sound) == ([(0, 50)], [(25, 50)])
        event = heard.take()
        assert event is not None
        assert (event.payload.project_id, event.payload.revision, event.payload.by) == ("demo", 2, "editor")
        assert (event.payload.changed, event.payload.saved) == (updated.changed, False)
        state = shop.service.get("demo")
        assert (state.revision, state.saved_revision) == (2, None)
        whole = await shop.service.update("demo", 2, project=DEMO)
        assert (whole.revision, whole.frames) == (3, 25)
        added = await shop.service.update(
            "demo", 3, patch=[{"op": "add", "path": "/tracks/0/clips/-", "value": {**CLIP, "id": None, "start": 1}}]
        )
        assert added.frames == 50
        assert [clip.id for clip in shop.service.get("demo").project.tracks[0].clips] == ["c1", "clip-1"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("patch", "error", "says"),
    [
        ([{"op": "frobnicate", "path": "/id"}], InvalidParams, "/patch/0/op"),
        ([{"path": "/id"}], InvalidParams, "/patch/0/op"),
        ([{"op": "remove"}], InvalidParams, "/patch/0"),
        ([{"op": "add", "path": "/name"}], InvalidParams, "/patch/0"),
        ([{"op": "move", "path": "/name"}], InvalidParams, "/patch/0"),
        ([{"op": "remove", "path": 3}], InvalidParams, "/patch/0/path"),
        ([{"op": "copy", "path": "/name", "from": []}], InvalidParams, "/patch/0/from"),
        ([*longer(2), {"op": "remove", "path": "/nowhere/at/all"}], InvalidParams, "/patch/1"),
        ([*longer(2), {"op": "remove", "path": ""}], InvalidParams, "/patch/1"),
        ([{"op": "replace", "path": "/tracks/9", "value": {}}], InvalidParams, "/patch/0"),
        ([{"op": "add", "path": "/tracks/x", "value": {}}], InvalidParams, "/patch/0"),
        ([{"op": "add", "path": "/tracks/5", "value": {}}], InvalidParams, "/patch/0"),
        ([{"op": "remove", "path": "no-slash"}], InvalidParams, "/patch/0"),
        ([*longer(2), {"op": "test", "path": "/id", "value": "other"}], ProjectConflict, "the test at /id"),
        ([{"op": "remove", "path": "/tracks"}], InvalidProject, "tracks"),
        ([{"op": "replace", "path": "", "value": []}], InvalidProject, "object"),
    ],
)
async def test_an_update_is_all_or_nothing(
    tmp_path: Path, patch: list[dict[str, Any]], error: type[Exception], says: str
) -> None:
    async with open_workshop(tmp_path) as shop:
        opened = await shop.service.open(DEMO)
        with pytest.raises(error) as caught:
            await shop.service.update("demo", 1, patch=patch)
        assert says in str(caught.value)
        state = shop.service.get("demo")
        assert (state.revision, state.project) == (1, opened.project)
        assert (await shop.service.update("demo", 1, patch=longer(2))).revision == 2


async def test_pairs_are_lists_that_patches_reach_into(tmp_path: Path) -> None:
    bend = {"cubicBezier": [0.4, 0, 0.6, 1]}
    opacity = {"keyframes": [{"time": 0, "value": 0, "easing": bend}, {"time": 1, "value": 1}]}
    track = {"id": "v1", "kind": "video", "clips": [{**CLIP, "opacity": opacity}]}
    async with open_workshop(tmp_path) as shop:
        await shop.service.open({**DEMO, "tracks": [track], "export": {"range": [0, 0.5]}})
        updated = await shop.service.update("demo", 1, patch=longer(2))
        assert (updated.revision, updated.problems) == (2, [])
        await shop.service.update("demo", 2, patch=[{"op": "replace", "path": "/export/range/1", "value": 1.5}])
        assert shop.service.get("demo").project.export.range == (0, 1.5)


async def test_a_revision_that_is_not_current_is_a_conflict_with_both_numbers(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        await shop.service.update("demo", 1, patch=longer(2))
        with pytest.raises(ProjectConflict) as caught:
            await shop.service.update("demo", 1, patch=longer(3))
        assert (caught.value.base_revision, caught.value.current_revision) == (1, 2)
        with pytest.raises(ProjectConflict):
            await shop.service.resolve_ref(ProjectRef(id="demo", revision=1))


async def test_of_two_edits_at_once_one_is_made(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        outcomes: list[str] = []

        async def edit(seconds: float) -> None:
            try:
                await shop.service.update("demo", 1, patch=longer(seconds))
                outcomes.append("made")
            except ProjectConflict:
                outcomes.append("conflict")

        async with trio.open_nursery() as nursery:
            for seconds in range(2, 10):
                nursery.start_soon(edit, seconds)
        assert sorted(outcomes) == ["conflict"] * 7 + ["made"]


async def test_an_update_takes_a_patch_or_a_project(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        for both in ({}, {"patch": longer(2), "project": DEMO}):
            with pytest.raises(InvalidParams):
                await shop.service.update("demo", 1, **both)  # type: ignore[arg-type]


async def test_unsaved_edits_are_not_closed_away(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        await shop.service.update("demo", 1, patch=longer(2))
        with pytest.raises(ProjectConflict) as caught:
            await shop.service.close("demo")
        assert caught.value.unsaved
        await shop.service.close("demo", discard=True)
        for call in (shop.service.get, shop.service.path_of):
            with pytest.raises(ProjectNotOpen):
                call(ProjectRef(id="demo") if call == shop.service.path_of else "demo")  # type: ignore[arg-type]
        await shop.service.open(DEMO)
        await shop.service.close("demo")


async def test_who_waits_for_a_project_that_is_closed_meanwhile_is_told(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO)
        errors: list[type[Exception]] = []

        async def edit() -> None:
            try:
                await shop.service.update("demo", 1, patch=longer(2))
            except ProjectNotOpen as error:
                errors.append(type(error))

        (session,) = shop.service.sessions()
        async with trio.open_nursery() as nursery, session.lock:
            nursery.start_soon(shop.service.close, "demo")
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(edit)
            await trio.testing.wait_all_tasks_blocked()
        assert errors == [ProjectNotOpen]


async def test_a_reference_names_one_project(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        for ref in (
            ProjectRef(),
            ProjectRef(id="a", path="b"),
            ProjectRef(path="b", revision=1),
            ProjectRef(id="a", base_path="/"),
        ):
            with pytest.raises(InvalidParams):
                await shop.service.resolve_ref(ref)
        with pytest.raises(ProjectNotOpen):
            await shop.service.resolve_ref(ProjectRef(id="a"))
        with pytest.raises(ProjectNotFound):
            await shop.service.resolve_ref(ProjectRef(path=str(tmp_path / "none.json")))


async def test_references_see_the_project_as_it_is(tmp_path: Path) -> None:
    async with open_workshop(tmp_path) as shop:
        await shop.service.open(DEMO, base_path=str(tmp_path))
        await shop.service.update("demo", 1, patch=longer(2))
        opened = await shop.service.resolve_ref(ProjectRef(id="demo", revision=2))
        assert (opened.revision, opened.base, opened.project_id, opened.content.frames) == (2, tmp_path, "demo", 50)
        assert opened.raw["tracks"][0]["clips"][0]["duration"] == 2
        inline = await shop.service.resolve_ref(ProjectRef(inline=DEMO, base_path=str(tmp_path)))
        assert (inline.revision, inline.base, inline.path, inline.problems) == (None, tmp_path, None, [])
        assert (await shop.service.resolve_ref(ProjectRef(inline=DEMO))).base is None


def test_patches_follow_rfc_6902() -> None:
    document = {"a": [1, 2, {"b": 3}], "~/": 4}
    done = apply_patch(
        document,
        [
            {"op": "add", "path": "/a/1", "value": {"new": []}},
            {"op": "move", "from": "/a/3/b", "path": "/c"},
            {"op": "copy", "from": "/a/1", "path": "/a/-"},
            {"op": "replace", "path": "/~0~1", "value": None},
            {"op": "test", "path": "/c", "value": 3},
            {"op": "remove", "path": "/a/0"},
        ],
    )
    assert done == {"a": [{"new": []}, 2, {}, {"new": []}], "~/": None, "c": 3}
    with pytest.raises(TestFailed):
        apply_patch({"a": 1}, [{"op": "test", "path": "/a", "value": True}])
