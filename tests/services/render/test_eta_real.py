"""How long real renders still take, by what is told of them, where nothing else runs.

What their meters were told is written to the folder $TRACES; $SECONDS_OF_FILM makes them shorter.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.harness.media import make_clip
from tests.services.render.studio import Studio, file, project, studio
from tests.services.render.tracing import Recorder, outside

SIZE = (640, 360)
SECONDS = int(os.environ.get("SECONDS_OF_FILM", "160"))
PRESET = "medium"
LONGEST = 1_800.0
"""Seconds after which a render of a minute is a hang."""

NOISE = "noise=alls=40:allf=t"

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7_200)]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip that stays as it is, and one that becomes hard in its midst."""
    folder = tmp_path_factory.mktemp("media")
    for name, filters in (("even", NOISE), ("easy", ""), ("turns", f"{NOISE}:enable='gte(t,{SECONDS / 2})'")):
        make_clip(
            folder / f"{name}.mp4", picture="testsrc2", seconds=SECONDS, size=SIZE, filters=filters, audio="stereo"
        )
    return folder


def film(*clips: dict[str, Any], size: tuple[int, int] = SIZE, preset: str = PRESET) -> dict[str, Any]:
    video = {"preset": preset, "copy": "off"}
    return project(*clips, width=size[0], height=size[1], export={"video": video, "audio": {}})


def films(media: Path) -> dict[str, dict[str, Any]]:
    even, easy, turns = (media / f"{name}.mp4" for name in ("even", "easy", "turns"))
    half = SECONDS / 2
    return {
        "even": film(file(even, 0, SECONDS * 0.75)),
        "easy-then-hard": film(file(easy, 0, half), file(even, half, half, sourceStart=half)),
        "one-clip-that-turns": film(file(turns, 0, SECONDS)),
        "half-cached": film(file(even, 0, SECONDS)),
        "few-cells": film(
            file(turns, 0, SECONDS / 4, sourceStart=half - SECONDS / 8), size=(1280, 720), preset="medium"
        ),
    }


async def render(desk: Studio, raw: dict[str, Any], target: Path, **members: Any) -> float:
    """Render, and return the seconds that it took."""
    started = await desk.start(raw, target, **members)
    with trio.fail_after(LONGEST):
        ended = await desk.render.wait(started.job_id)
    assert ended.result is not None, ended.error
    return ended.result.seconds


@pytest.mark.parametrize("name", ["even", "easy-then-hard", "one-clip-that-turns", "half-cached", "few-cells"])
async def test_nine_of_ten_estimates_are_right(
    name: str, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, recorder = films(media)[name], Recorder()
    async with studio(tmp_path) as desk:
        if name == "half-cached":
            half = {**raw, "export": {**raw["export"], "range": [0, SECONDS / 2]}}
            await render(desk, half, tmp_path / "half.mp4")
        monkeypatch.setattr("sidecar.services.render.run.CellMeter", recorder.meter)
        monkeypatch.setattr("sidecar.services.render.run.ProgressMeter", recorder.shown)
        seconds = await render(desk, raw, tmp_path / "film.mp4")
    if "TRACES" in os.environ:
        recorder.trace.write(Path(os.environ["TRACES"]) / f"{name}.json.gz")
    told = [(at, eta) for at, eta in recorder.estimates if at < seconds]
    share = outside(told, seconds)
    assert share <= 0.1, f"{share:.0%} of {len(told)} estimates over {seconds:.0f} s are wrong"
