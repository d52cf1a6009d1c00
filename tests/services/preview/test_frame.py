"""preview.frame: what it answers, and what of it is kept."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio

from protocol.errors import InvalidParams, InvalidProject, MediaNotFound, PermissionDenied, ProjectConflict
from protocol.time import format_exact
from sidecar.commands.grant import Grant
from tests.harness.media import make_clip
from tests.services.preview.showing import SIZE, color, film, number_of, numbered, played, screen

pytestmark = pytest.mark.trio

RED, BLUE = (255, 0, 0), (0, 0, 255)
CUES = {"kind": "subtitle", "cues": [{"start": 0, "end": 2, "text": "WORDS"}]}


async def test_it_answers_what_is_on_screen(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    async with screen(tmp_path) as shown:
        project = await shown.open(film(played(source)))
        for frame in (0, 1, 24, 25, 50, 98, 99):
            answer = await shown.frame(project, frame)
            assert (answer["frame"], answer["revision"], answer["exact"], answer["media"]) == (
                frame,
                1,
                True,
                "original",
            )
            assert answer["problems"] == []
            assert not (await shown.frame(project, frame, width=96))["exact"], "a smaller one is not the render's"
            assert number_of(await shown.pixels(answer["image"])) == frame


async def test_a_decoder_is_started_while_files_are_still_looked_at(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        service = await shown.service()
        await shown.frame(film(color(0, 2)), 3)
        assert service.decoders.stats.workers == 0
        with pytest.raises(MediaNotFound):
            await shown.frame(film(played(tmp_path / "missing.mp4")), 3)
        while service.decoders.stats.workers == 0:  # noqa: ASYNC110 - it is started when it may, within the deadline
            await trio.sleep(0.001)


async def test_an_instant_names_the_frame_that_is_on_screen(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        raw = film(color(0, 1, "#FF0000"), color(1, 1, "#0000FF"))
        for time, frame in ((0, 0), (0.999, 24), (1, 25), ("27/25", 27)):
            answer = await shown.desk.ask("preview.frame", project={"inline": raw}, time=time, format="png")
            assert (answer["frame"], answer["time"]) == (frame, format_exact(Fraction(frame, 25)))
            assert tuple((await shown.pixels(answer["image"]))[0, 0]) == (RED if frame < 25 else BLUE)


@pytest.mark.parametrize("members", [{}, {"frame": 1, "time": 1}, {"time": "1/0"}, {"time": -1}])
async def test_an_instant_is_named_in_one_way(tmp_path: Path, members: dict[str, Any]) -> None:
    async with screen(tmp_path) as shown:
        with pytest.raises(InvalidParams):
            await shown.desk.ask("preview.frame", project={"inline": film(color(0, 1))}, **members)


async def test_where_nothing_is_the_background_is_seen(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        nothing = film(background="#00FF00")
        gap = film(color(0, 1), color(2, 1), background="#00FF00")
        for raw, frame in ((nothing, 0), (nothing, 1_000_000), (gap, 30), (gap, 75)):
            pixels = await shown.picture(raw, frame, width=64)
            assert pixels.shape == (32, 64, 3)
            assert np.all(pixels == (0, 255, 0)), frame


async def test_one_side_follows_the_other_and_both_are_held(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        raw = film(color(0, 1, "#FF0000"), background="#0000FF")
        for wanted, got in (
            ({}, SIZE),
            ({"width": 96}, (96, 48)),
            ({"height": 32}, (64, 32)),
            ({"width": 101}, (100, 50)),
            ({"width": 64, "height": 64}, (64, 64)),
        ):
            answer = await shown.frame(raw, 3, format="png", **wanted)
            assert (answer["image"]["width"], answer["image"]["height"]) == got
            pixels = await shown.pixels(answer["image"])
        assert tuple(pixels[0, 0]) == BLUE
        assert tuple(pixels[32, 32]) == RED


@pytest.mark.parametrize(("form", "kind"), [("jpeg", "image/jpeg"), ("webp", "image/webp"), ("png", "image/png")])
async def test_formats_and_what_an_answer_holds(tmp_path: Path, form: str, kind: str) -> None:
    async with screen(tmp_path) as shown:
        answer = await shown.frame(film(color(0, 1, "#FF0000")), 3, format=form, quality=90, inline=True)
        assert answer["image"]["contentType"] == kind
        assert base64.b64decode(answer["data"]) == await shown.fetch(answer["image"])
        pixels = (await shown.pixels(answer["image"])).astype(int)
        assert np.abs(pixels[40, 90] - RED).max() <= (0 if form == "png" else 6)
        noise = film({"source": {"kind": "noise"}, "start": 0, "duration": 1}, width=640, height=360)
        large = await shown.frame(noise, 3, format="png", inline=True)
        assert (large["data"], large["image"]["bytes"] > 256 * 1024) == (None, True)


async def test_what_was_shown_is_kept_also_over_an_edit_elsewhere(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    async with screen(tmp_path) as shown:
        project = await shown.open(film(played(source, 0, 2, id="a"), color(2, 1, id="b")))
        first = await shown.frame(project, 10)
        again = await shown.frame(project, 10)
        assert (first["from"], again["from"]) == ("cold", "cache")
        patch = [{"op": "replace", "path": "/tracks/0/clips/1/source/color", "value": "#FFFFFF"}]
        await shown.desk.ask("project.update", projectId=project["id"], baseRevision=1, patch=patch)
        edited = await shown.frame(project, 10)
        assert (edited["from"], edited["revision"], edited["image"]) == ("cache", 2, first["image"])
        other = await shown.frame(project, 60)
        assert other["from"] == "cold"
        assert (await shown.pixels(other["image"])).min() > 240


async def test_a_revision_that_is_not_current_is_refused(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = await shown.open(film(color(0, 1)))
        with pytest.raises(ProjectConflict):
            await shown.frame({**project, "revision": 2}, 0)


async def test_a_project_closed_and_opened_anew_is_another(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        for value, seen in (("#FF0000", RED), ("#0000FF", BLUE)):
            project = await shown.open(film(color(0, 1, value)))
            assert tuple((await shown.picture(project, 3))[0, 0]) == seen
            await shown.desk.ask("project.close", projectId=project["id"], discard=True)


async def test_what_is_left_out_is_not_seen_and_the_project_stays(tmp_path: Path) -> None:
    effect = {"type": "vignette", "id": "dark", "parameters": {"amount": 0.8}}
    whole = film(color(0, 2, "#4060A0", id="a", effects=[effect]))
    whole["tracks"] += [{"kind": "video", "clips": [color(0, 2, "#FF0000", id="over", opacity=0.5)]}, CUES]
    less = film(color(0, 2, "#4060A0", id="a"))
    async with screen(tmp_path) as shown:
        project = await shown.open(whole)
        out = {"effects": ["dark"], "clips": ["over"], "subtitles": True}
        assert np.array_equal(await shown.picture(project, 10, without=out), await shown.picture(less, 10))
        for member in out:
            kept = {key: value for key, value in out.items() if key != member}
            assert not np.array_equal(await shown.picture(project, 10, without=kept), await shown.picture(less, 10))
        assert np.array_equal(await shown.picture(project, 10), await shown.picture(whole, 10))
        state = await shown.desk.ask("project.get", projectId=project["id"])
        assert state["revision"] == 1
        assert all(clip["enabled"] for track in state["project"]["tracks"][:2] for clip in track["clips"])


async def test_a_clip_without_its_file_stands_in_the_way_of_its_own_frames_only(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    raw = film(played(source, 0, 1), played(tmp_path / "gone.mp4", 1, 1, id="lost"), played(source, 2, 1))
    raw["tracks"][0]["transitions"] = [{"type": "fade", "from": "lost", "to": "c3", "duration": 0.4}]
    raw["tracks"][0]["clips"][2]["id"] = "c3"
    async with screen(tmp_path) as shown:
        for frame in (0, 24, 55, 74):
            assert number_of(await shown.picture(raw, frame)) == frame % 25 if frame < 25 else frame - 50
        for frame in (25, 49, 50, 54):
            with pytest.raises(MediaNotFound) as caught:
                await shown.picture(raw, frame)
            assert caught.value.path == str(tmp_path / "gone.mp4")


async def test_clips_that_cannot_be_are_in_the_way_of_their_own_frames_only(tmp_path: Path) -> None:
    wrong = {"type": "blur", "parameters": {"radius": "much"}}
    clips = [color(0, 1, "#FF0000", effects=[wrong]), color(1, 1, "#0000FF"), color(2, 1), color(2.5, 1)]
    unknown = [{"type": "fade", "from": "nobody", "duration": 0.4}]
    async with screen(tmp_path) as shown:
        raw = film(*clips)
        assert tuple((await shown.picture(raw, 30))[0, 0]) == BLUE
        for frame in (3, 70):
            with pytest.raises(InvalidProject) as caught:
                await shown.frame(raw, frame)
            assert caught.value.problems
        raw["tracks"][0]["transitions"] = unknown
        with pytest.raises(InvalidProject):
            await shown.frame(raw, 30)


async def test_files_outside_what_may_be_read_are_not_shown(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    source = numbered(outside)
    async with screen(tmp_path, Grant(read=(inside,))) as shown:
        with pytest.raises(PermissionDenied):
            await shown.frame(film(played(source)), 3)


async def test_a_source_that_changes_is_never_shown_as_it_was(tmp_path: Path) -> None:
    source, other = tmp_path / "film.mp4", tmp_path / "other.mp4"
    make_clip(source, picture="#FF0000", size=SIZE)
    async with screen(tmp_path) as shown:
        project = await shown.open(film(played(source, 0, 1)))
        assert (await shown.picture(project, 3))[40, 90][0] > 200
        make_clip(other, picture="#0000FF", size=SIZE)
        other.replace(source)
        answer = await shown.frame(project, 3, format="png")
        assert answer["from"] == "cold"
        assert (await shown.pixels(answer["image"]))[40, 90][2] > 200
        source.unlink()
        with pytest.raises(MediaNotFound):
            await shown.picture(project, 3)


async def test_without_its_analysis_a_picture_is_not_exact(tmp_path: Path) -> None:
    source = numbered(tmp_path, seconds=1)
    steady = {"type": "stabilize", "parameters": {"strength": 1}}
    raw = film(played(source, 0, 0.4, effects=[steady], id="a"), played(source, 0.4, 0.4))
    async with screen(tmp_path) as shown:
        before = await shown.frame(raw, 3)
        assert (before["exact"], [each["code"] for each in before["problems"]]) == (False, ["analysisMissing"])
        assert (await shown.frame(raw, 15))["exact"]
        target = tmp_path / "out.mkv"
        started = await shown.desk.ask("render.start", project={"inline": raw}, output=str(target))
        await shown.desk.services.render.wait(started["jobId"])
        after = await shown.frame(raw, 3)
        assert (after["exact"], after["problems"]) == (True, [])
