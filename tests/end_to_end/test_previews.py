"""What previews show of whatever validation accepts is what renders hold of it, bit for bit: alone, in batches, step by step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import trio
from hypothesis import given

from protocol.errors import SidecarError
from tests.harness.desk import Desk
from tests.harness.media import decode_rgb, make_clip
from tests.reference.drawn import long, quick
from tests.reference.material import write_material
from tests.reference.rendered import Json
from tests.reference.wholes import projects
from tests.services.preview.showing import EXACT, Pixels, Screen, screen

SIZE = (320, 180)


@dataclass(frozen=True)
class Material:
    """Where the session's files lie."""

    folder: Path


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    folder = tmp_path_factory.mktemp("previewed")
    write_material(folder)
    make_clip(folder / "long.mp4", seconds=4, size=SIZE, picture="testsrc2", gop=50, b_frames=2)
    make_clip(folder / "fast.mkv", seconds=3, rate="30000/1001", size=SIZE, picture="testsrc2", gop=30, b_frames=3)
    return Material(folder)


def clip(name: str, start: float, duration: float, key: str, **members: Any) -> Json:
    source = {"kind": "file", "path": name} if "." in name else {"kind": name}
    return {"source": source, "start": start, "duration": duration, "id": key, **members}


def film(*tracks: Json, **members: Any) -> Json:
    return {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": list(tracks),
        "export": EXACT,
        **members,
    }


FILM = film(
    {
        "kind": "video",
        "clips": [
            clip("long.mp4", 0, 1, "a", sourceStart=0.5, fadeIn=0.2),
            clip("fast.mkv", 1, 1, "b", sourceStart=0.4, speed=1.5),
            clip("long.mp4", 2.4, 0.6, "c", sourceStart=0.5, reverse=True),
        ],
        "transitions": [
            {"type": "dissolve", "from": "a", "to": "b", "duration": 0.4},
            {"type": "wipeleft", "from": "b", "duration": 0.2},
        ],
    },
    {"kind": "subtitle", "cues": [{"start": 0.52, "end": 1.3, "text": "On the edge"}]},
    background="#203040",
)


def edges(raw: Json, frames: int) -> list[int]:
    """Return the frames at every edge: of clips, ± 1, of transitions and cues, of the project."""
    rate = _rate(raw)
    found = {0, frames - 1}
    for track in raw["tracks"]:
        for item in (*track.get("clips", ()), *track.get("cues", ())):
            start = _seconds(item["start"])
            end = start + _seconds(item["duration"]) if "duration" in item else _seconds(item["end"])
            for edge in (round(start * rate), round(end * rate)):
                found |= {edge - 1, edge, edge + 1}
        for transition in track.get("transitions", ()):
            at = next((c for c in track["clips"] if c.get("id") == transition.get("to", transition.get("from"))), None)
            if at is not None:
                half = round(_seconds(transition["duration"]) * rate / 2)
                cut = round(_seconds(at["start"]) * rate)
                found |= {cut - half - 1, cut - half, cut + half - 1, cut + half}
    return sorted(frame for frame in found if 0 <= frame < frames)


def _seconds(value: float | str) -> float:
    whole, _, part = str(value).partition("/")
    return float(whole) / float(part or 1)


def _rate(raw: Json) -> float:
    return _seconds(raw["frameRate"])


async def rendered(desk: Desk, raw: Json, material: Material) -> list[Pixels]:
    """Render a project without loss and return its frames."""
    target = material.folder / "out.mkv"
    project = {"inline": raw, "basePath": str(material.folder)}
    started = await desk.ask("render.start", project=project, output=str(target), overwrite=True)
    job = await desk.services.render.wait(started["jobId"])
    assert job.error is None, job.error
    return await trio.to_thread.run_sync(decode_rgb, target)


async def agreed(shown: Screen, raw: Json, material: Material, wanted: list[Pixels], frames: list[int]) -> None:
    """Fail where a preview, alone or in a batch, is not the frame of the render."""
    project = {"inline": raw, "basePath": str(material.folder)}
    batch = await shown.desk.ask("preview.batch", project=project, frames=frames, format="png")
    for frame, item in zip(frames, batch["items"], strict=True):
        answer = await shown.frame(project, frame, format="png")
        if answer["exact"]:
            assert item["error"] is None, item
            alone, among = await shown.pixels(answer["image"]), await shown.pixels(item["image"])
            assert np.array_equal(alone, wanted[frame]), f"frame {frame}: {json.dumps(raw)}"
            assert np.array_equal(among, wanted[frame]), f"frame {frame} of a batch: {json.dumps(raw)}"


async def test_steps_are_the_frames_of_the_render(material: Material, tmp_path: Path) -> None:
    project = {"inline": FILM, "basePath": str(material.folder)}
    async with screen(tmp_path) as shown:
        wanted = await rendered(shown.desk, FILM, material)
        for frame in range(18, 64):
            answer = await shown.frame(project, frame, format="png", view="one")
            assert np.array_equal(await shown.pixels(answer["image"]), wanted[frame]), (frame, answer["from"])


async def _drawn(raw: Json, material: Material, folder: Path, chance: Random) -> None:
    async with screen(folder) as shown:
        try:
            wanted = await rendered(shown.desk, raw, material)
        except SidecarError:
            return
        found = edges(raw, len(wanted))
        frames = sorted({0, len(wanted) - 1, *chance.sample(found, min(6, len(found)))})
        await agreed(shown, raw, material, wanted, frames)


def _exported(raw: Json) -> Json:
    burned = raw["export"].get("subtitles", "burn") == "burn"
    return {**raw, "export": {**EXACT, "subtitles": "burn" if burned else "none"}}


@quick(4)
@given(raw=projects())
def test_drawn_projects(material: Material, tmp_path_factory: pytest.TempPathFactory, raw: Json) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    trio.run(partial(_drawn, _exported(raw), material, folder, Random(1)))


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@long("PREVIEWS", 300)
@given(raw=projects())
def test_many_drawn_projects(material: Material, tmp_path_factory: pytest.TempPathFactory, raw: Json) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    trio.run(partial(_drawn, _exported(raw), material, folder, Random(2)))
