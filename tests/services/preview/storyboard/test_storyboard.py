"""preview.storyboard: the pictures of preview.frame, on a sheet, by themselves and as a track."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio

from protocol.errors import InvalidParams, LimitExceeded, MediaNotFound, OutputExists, PermissionDenied
from sidecar.commands.grant import Grant
from tests.harness.media import decode_rgb, make_clip, run_ffmpeg
from tests.harness.patience import PATIENCE
from tests.services.preview.showing import Screen, color, film, number_of, numbered, played, screen

CUE = re.compile(r"(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)\n")


async def board(shown: Screen, project: Any, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = await shown.desk.ask("preview.storyboard", project={"inline": project}, **params)
    return found


@pytest.mark.trio
async def test_cells_are_the_frames_that_are_shown_elsewhere(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    raw = film(played(source, 0, 2), played(source, 2, 2, sourceStart=1))
    async with screen(tmp_path) as shown:
        found = await board(shown, raw, count=5, width=192, columns=2, format="png")
        sheet = await shown.pixels(found["sheet"])
        assert [each["frame"] for each in found["frames"]] == [10, 30, 50, 70, 90]
        assert (found["columns"], found["rows"], found["cellWidth"], found["cellHeight"]) == (2, 3, 192, 96)
        for each, number in zip(found["frames"], (10, 30, 25, 45, 65), strict=True):
            cell = sheet[each["y"] : each["y"] + 96, each["x"] : each["x"] + 192]
            assert number_of(cell) == number
            assert np.array_equal(cell, await shown.picture(raw, each["frame"], width=192))
            single = await shown.frame(raw, each["frame"], width=192, format="png")
            assert single["image"] == each["image"]
            assert each["time"] == f"{Fraction(each['frame'], 25).numerator}/{Fraction(each['frame'], 25).denominator}"
        # Under each picture stands its time, and nothing of it on the picture.
        line = sheet[96:112, :192]
        assert line.max() > 150
        plain = await board(shown, raw, count=5, width=192, columns=2, format="png", timecodes=False, gap=0)
        assert (plain["sheet"]["width"], plain["sheet"]["height"]) == (384, 288)
        assert [each["image"] for each in plain["frames"]] == [each["image"] for each in found["frames"]]


@pytest.mark.trio
async def test_the_track_names_the_cells(tmp_path: Path) -> None:
    raw = film(color(0, 2), color(2, 2, "#2040C0"))
    async with screen(tmp_path) as shown:
        found = await board(shown, raw, interval=1, width=64, gap=6)
        track = (await shown.fetch(found["vtt"])).decode()
        assert found["vtt"]["contentType"] == "text/vtt"
        cues = CUE.findall(track)
        assert [cue[:2] for cue in cues] == [(f"00:00:0{n}.000", f"00:00:0{n + 1}.000") for n in range(4)]
        assert {cue[2] for cue in cues} == {found["sheet"]["url"]}
        places = [(each["x"], each["y"], 64, 32) for each in found["frames"]]
        assert [tuple(map(int, cue[3:])) for cue in cues] == places
        sheet = await shown.pixels(found["sheet"])
        for (x, y, width, height), expected in zip(places, ((128, 64, 32),) * 2 + ((32, 64, 192),) * 2, strict=True):
            middle = sheet[y + height // 2, x + width // 2].astype(int)
            assert np.abs(middle - expected).max() <= 6


@pytest.mark.trio
async def test_a_file_by_itself_and_a_part_of_it(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    span = {"from": {"frame": 25}, "to": {"time": 3}}
    async with screen(tmp_path) as shown:
        found = await shown.desk.ask("preview.storyboard", path=str(source), interval="1/2", range=span, width=96)
        assert [each["frame"] for each in found["frames"]] == [25, 37, 50, 62]
        for each in found["frames"]:
            assert number_of(await shown.pixels(each["image"])) == each["frame"]


@pytest.mark.trio
async def test_scenes_are_edits_and_the_cuts_of_files(tmp_path: Path) -> None:
    source = tmp_path / "cuts.mp4"
    scenes = [
        make_clip(tmp_path / f"{n}.mp4", picture=name, seconds=2) for n, name in enumerate(("testsrc", "rgbtestsrc"))
    ]
    inputs = [part for scene in scenes for part in ("-i", str(scene))]
    run_ffmpeg([*inputs, "-filter_complex", "concat=n=2", "-g", "25", str(source)])
    raw = film(color(0, 1), played(source, 1, 3, sourceStart=0.5), played(source, 4, 1, sourceStart=0, freeze=True))
    async with screen(tmp_path) as shown:
        found = await board(shown, raw, scenes=True, width=64)
        # The cut at 2 s of the file is 1.5 s into its clip.
        assert [each["frame"] for each in found["frames"]] == [0, 25, 25 + 38, 100]
        alone = await shown.desk.ask("preview.storyboard", path=str(source), scenes=True, width=64)
        assert [each["frame"] for each in alone["frames"]] == [0, 50]


@pytest.mark.trio
async def test_it_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    raw, target = film(color(0, 2)), tmp_path / "out" / "a sheet.png"
    target.parent.mkdir()
    grant = Grant(write=(target.parent.resolve(),))
    async with screen(tmp_path, grant) as shown:
        asked = {"count": 2, "width": 64, "format": "png", "output": str(target)}
        found = await board(shown, raw, **asked)
        beside = target.with_suffix(".vtt")
        assert found["written"] == [str(target), str(beside)]
        assert target.read_bytes() == await shown.fetch(found["sheet"])
        assert decode_rgb(target)[0].shape == (found["sheet"]["height"], found["sheet"]["width"], 3)
        assert {cue[2] for cue in CUE.findall(beside.read_text())} == {"a%20sheet.png"}
        with pytest.raises(OutputExists):
            await board(shown, raw, **asked)
        await board(shown, raw, **asked, overwrite=True)
        with pytest.raises(PermissionDenied):
            await board(shown, raw, **{**asked, "output": str(tmp_path / "elsewhere.png")})
        assert sorted(path.name for path in target.parent.iterdir()) == ["a sheet.png", "a sheet.vtt"]


@pytest.mark.trio
async def test_the_track_is_written_only_where_it_may(tmp_path: Path) -> None:
    target = tmp_path.resolve() / "sheet.png"
    async with screen(tmp_path, Grant(write=(target,))) as shown:
        with pytest.raises(PermissionDenied, match=r"sheet\.vtt"):
            await board(shown, film(color(0, 2)), count=2, width=64, format="png", output=str(target))
        assert not any(tmp_path.glob("sheet.*"))


@pytest.mark.trio
async def test_what_is_scrubbed_stays_in_memory(tmp_path: Path) -> None:
    noise = {"source": {"kind": "noise"}, "start": 0, "duration": 4}
    raw = film(noise)
    async with screen(tmp_path, cacheMemoryBytes=1 << 20) as shown:
        for _ in range(2):
            await shown.frame(raw, 50, format="png")
        found = await board(shown, raw, count=24, width=192, format="png")
        assert found["sheet"]["bytes"] + sum(each["image"]["bytes"] for each in found["frames"]) > 1 << 20
        assert (await shown.frame(raw, 50, format="png"))["from"] == "cache"


@pytest.mark.trio
async def test_one_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    raw, target = film({"source": {"kind": "noise"}, "start": 0, "duration": 40}), tmp_path / "sheet.png"
    async with screen(tmp_path) as shown:
        composer = (await shown.service()).composer
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(board, shown, raw, count=1_000, format="png", output=str(target)))
                while not any(value["kind"] == "items" for value in shown.desk.reported):  # noqa: ASYNC110 - a list
                    await trio.sleep(0.01)
                nursery.cancel_scope.cancel()
            while composer.running:  # noqa: ASYNC110 - it tells nobody
                await trio.sleep(0.01)
        temp = shown.desk.services.folders.temp
        assert [child.role for child in shown.desk.services.supervisor.children() if child.role == "preview"] == []
        assert list(temp.glob("preview-*")) == []
        assert [path.name for path in tmp_path.iterdir() if "sheet" in path.name] == []


@pytest.mark.trio
async def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    raw = film(color(0, 2), played(tmp_path / "gone.mp4", 2, 1))
    async with screen(tmp_path) as shown:
        for params in (
            {},
            {"count": 2, "interval": 1},
            {"interval": 0},
            {"count": 2, "range": {"from": {"time": 9}, "to": {"time": 10}}},
        ):
            with pytest.raises(InvalidParams):
                await board(shown, raw, **params)
        with pytest.raises(LimitExceeded):
            await board(shown, raw, count=50, width=4_096)
        with pytest.raises(MediaNotFound):
            await board(shown, raw, count=3, width=64, range={"from": {"time": 2}, "to": {"time": 3}})


@pytest.mark.trio
@pytest.mark.parametrize("form", ["jpeg", "webp", "png"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le", "yuva420p"])
async def test_a_clip_that_cannot_be_played_is_a_cross_where_it_would_be(
    tmp_path: Path, form: str, pixel_format: str
) -> None:
    clips = [color(0, 1), played(tmp_path / "gone.mp4", 1, 1), color(2, 1, "#2040C0", opacity=0.5)]
    export = {"container": "mkv", "audio": None, "video": {"codec": "png", "pixelFormat": pixel_format}}
    raw = film(*clips, export=export, background="#00000000" if pixel_format == "yuva420p" else "#000000")
    async with screen(tmp_path) as shown:
        found = await board(shown, raw, count=6, width=64, columns=3, gap=0, timecodes=False, format=form, quality=95)
        kinds = [each["error"] and each["error"]["kind"] for each in found["frames"]]
        assert kinds == [None, None, "mediaNotFound", "mediaNotFound", None, None]
        assert found["frames"][2]["error"]["context"]["path"].endswith("gone.mp4")
        assert (found["failed"], found["exact"]) == (2, False)
        told = [item for each in shown.desk.reported if each["kind"] == "items" for item in each["items"]]
        assert {item["frame"]: item["error"] for item in told} == {
            each["frame"]: each["error"] for each in found["frames"]
        }
        sheet = (await shown.pixels(found["sheet"])).astype(int)
        cells = [sheet[each["y"] : each["y"] + 32, each["x"] : each["x"] + 64] for each in found["frames"]]
        for cell, middle in zip(cells, [(128, 64, 32)] * 2 + [(112,) * 3] * 2 + [(16, 32, 96)] * 2, strict=True):
            assert np.abs(cell[15:17, 31:33] - middle).max() <= 8
        for cell in cells[2:4]:
            assert np.abs(cell[16, 4] - 48).max() <= 8
            assert np.abs(cell[[1, 30, 1, 30], [2, 2, 61, 61]] - 112).max() <= 30
        alone = await shown.pixels(found["frames"][2]["image"])
        assert np.abs(alone.astype(int) - cells[2]).max() <= 8
