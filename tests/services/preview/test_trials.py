"""preview.filter and preview.subtitles: what would be seen, and nothing of it in the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.errors import EffectInvalid, EffectUnknown, InvalidParams, PermissionDenied
from sidecar.commands.grant import Grant
from tests.harness.media import decode_luma, make_clip, read_number, run_ffmpeg
from tests.services.preview.showing import color, film, numbered, played, screen

BLUR = {"type": "blur", "parameters": {"radius": 12}}
INVERT = {"type": "curves", "parameters": {"master": [[0, 1], [1, 0]]}}


@pytest.mark.trio
async def test_an_effect_before_and_after_in_a_project(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    raw = film(played(source, 0, 2, id="c1"), played(source, 2, 1, id="c2"))
    async with screen(tmp_path) as shown:
        project = await shown.open(raw)
        asked = {"project": project, "owner": "c1", "frame": 20, "width": 192, "format": "png", "split": True}
        found = await shown.desk.ask("preview.filter", effect=INVERT, **asked)
        before, after = [await shown.pixels(found[name]) for name in ("before", "after")]
        assert np.array_equal(before, await shown.picture(raw, 20, width=192))
        assert np.array_equal(after, 255 - before)
        split = await shown.pixels(found["split"])
        assert np.array_equal(split[:, :96], before[:, :96])
        assert np.array_equal(split[:, 96:], after[:, 96:])
        with_it = film(played(source, 0, 2, id="c1", effects=[INVERT]), played(source, 2, 1, id="c2"))
        assert np.array_equal(after, await shown.picture(with_it, 20, width=192))
        # It is on the one clip, and the project has none of it.
        other = await shown.desk.ask("preview.filter", effect=INVERT, **{**asked, "frame": 60, "split": False})
        assert other["before"] == other["after"]
        state = await shown.desk.ask("project.get", projectId=project["id"])
        assert (state["revision"], state["project"]["tracks"][0]["clips"][0]["effects"]) == (1, [])


@pytest.mark.trio
@pytest.mark.parametrize("owner", ["v1", None])
async def test_an_effect_takes_the_place_of_its_own(tmp_path: Path, owner: str | None) -> None:
    own = [{"id": "e1", **INVERT}, {"id": "e2", **BLUR}]
    raw = film(color(0, 1, "#204060"), effects=[] if owner else own)
    if owner:
        raw["tracks"][0]["effects"] = own
    async with screen(tmp_path) as shown:
        asked = {"project": {"inline": raw}, "owner": owner, "frame": 3, "format": "png"}
        found = await shown.desk.ask("preview.filter", effect={**BLUR, "id": "e1"}, **asked)
        before, after = [await shown.pixels(found[name]) for name in ("before", "after")]
        assert np.array_equal(before, after)
        assert tuple(after[40, 40]) == (0x20, 0x40, 0x60)


@pytest.mark.trio
async def test_an_effect_on_a_file_as_pictures_and_as_clips(tmp_path: Path) -> None:
    source, target = numbered(tmp_path), tmp_path / "after.mp4"
    async with screen(tmp_path) as shown:
        asked = {"path": str(source), "effect": INVERT, "time": 1, "width": 192}
        found = await shown.desk.ask("preview.filter", **asked, format="png")
        before, after = [await shown.pixels(found[name]) for name in ("before", "after")]
        assert read_number(before[:, :, 1]) == 25
        assert read_number(255 - after[:, :, 1]) == 25
        moving = await shown.desk.ask("preview.filter", **asked, duration=0.4, output=str(target))
        assert (moving["frames"], moving["split"], moving["after"]["contentType"]) == (10, None, "video/mp4")
        assert target.read_bytes() == await shown.fetch(moving["after"])
        (tmp_path / "before.mp4").write_bytes(await shown.fetch(moving["before"]))
        assert [read_number(luma) for _, luma in decode_luma(tmp_path / "before.mp4")] == list(range(25, 35))
        assert [read_number(255 - luma) for _, luma in decode_luma(target)] == list(range(25, 35))


@pytest.mark.trio
async def test_effects_that_cannot_be_are_said(tmp_path: Path) -> None:
    project: dict[str, Any] = {"inline": film(color(0, 1, id="c1"))}
    async with screen(tmp_path, Grant(write=())) as shown:
        with pytest.raises(EffectUnknown):
            await shown.desk.ask("preview.filter", project=project, effect={"type": "blurr"}, frame=0)
        with pytest.raises(EffectInvalid):
            await shown.desk.ask(
                "preview.filter", project=project, effect={"type": "blur", "parameters": {"radius": -3}}, frame=0
            )
        for wrong in ({"owner": "c9"}, {"frame": None}, {"split": True, "duration": 1}):
            with pytest.raises(InvalidParams):
                await shown.desk.ask("preview.filter", **{"project": project, "effect": BLUR, "frame": 0, **wrong})
        with pytest.raises(PermissionDenied):
            await shown.desk.ask(
                "preview.filter", project=project, effect=BLUR, frame=0, output=str(tmp_path / "a.png")
            )


CUES = {"kind": "subtitle", "id": "s1", "cues": [{"id": "q1", "start": 0.4, "end": 0.8, "text": "own"}]}
STYLE = {"color": "#00FF00", "fontSize": 40, "outlineWidth": 0, "shadowX": 0, "shadowY": 0}


def greens(pixels: Any) -> Any:
    """Where a picture is the green of `STYLE`."""
    return (pixels[:, :, 1] > 200) & (pixels[:, :, 0] < 60) & (pixels[:, :, 2] < 60)


@pytest.mark.trio
async def test_cues_in_a_style(tmp_path: Path) -> None:
    raw = film(color(0, 1, "#000000"))
    raw["tracks"].append(CUES)
    async with screen(tmp_path) as shown:

        async def subtitled(**params: Any) -> Any:
            found = await shown.desk.ask("preview.subtitles", **{"project": {"inline": raw}, "frame": 15, **params})
            return await shown.pixels(found["image"])

        # A project's own, in the given style, where they are on screen.
        assert greens(await subtitled(style=STYLE)).any()
        assert not greens(await subtitled(style=STYLE, frame=5)).any()
        assert not greens(await subtitled()).any()
        # Others in their place, whenever; a style of their own comes first.
        top = await subtitled(cues=[{"text": "given"}], style=STYLE, position={"alignY": "top"}, frame=5)
        assert greens(top)[:48].any()
        assert not greens(top)[48:].any()
        white = await subtitled(cues=[{"text": "given", "style": {"color": "#FFFFFF"}}], style=STYLE)
        assert white.max() > 200
        assert not greens(white).any()
        sized = await shown.desk.ask(
            "preview.subtitles", project={"inline": raw}, cues=[{"text": "a"}], frame=0, width=384
        )
        assert (sized["width"], sized["height"], sized["exact"]) == (384, 192, True)


@pytest.mark.trio
async def test_cues_on_a_file_and_a_wrong_preset(tmp_path: Path) -> None:
    file = make_clip(tmp_path / "black.mp4", picture="#000000", seconds=1)
    target = tmp_path / "cue.png"
    async with screen(tmp_path) as shown:
        found = await shown.desk.ask(
            "preview.subtitles", path=str(file), time=0.5, cues=[{"text": "Hi"}], style=STYLE, output=str(target)
        )
        assert (found["frame"], found["written"]) == (12, [str(target)])
        assert greens(await shown.pixels(found["image"])).any()
        assert target.read_bytes() == await shown.fetch(found["image"])
        run_ffmpeg(["-i", str(target), "-f", "null", "-"])
        with pytest.raises(Exception, match="there is no style of that name"):
            await shown.desk.ask("preview.subtitles", path=str(file), time=0, style={"preset": "nothing"})
