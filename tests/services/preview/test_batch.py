"""preview.batch: many pictures, each the one that preview.frame shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.errors import InvalidParams, MediaNotFound, MediaUnreadable
from sidecar.ffmpeg.builder.preview import Fed
from sidecar.services.preview import composer
from sidecar.services.preview.batch import goes
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.composition import Composition
from tests.services.preview.showing import color, film, number_of, numbered, played, screen


def test_near_frames_go_together() -> None:
    assert list(goes([0, 1, 5, 40, 41, 300, 7])) == [[0, 1, 5], [40, 41], [300], [7]]
    assert list(goes([])) == []


@pytest.mark.trio
async def test_items_are_what_single_requests_show(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    raw = film(played(source, 0, 2), played(source, 2, 2, sourceStart=1, speed=1.5))
    wanted = [60, 3, 4, 9, 3, 99, 140]
    async with screen(tmp_path) as shown:
        project = await shown.open(raw)
        batch = await shown.desk.ask("preview.batch", project=project, frames=wanted, format="png")
        assert [(item["index"], item["frame"]) for item in batch["items"]] == list(enumerate(wanted))
        assert (batch["failed"], batch["cached"]) == (0, 0)
        for item in batch["items"]:
            assert np.array_equal(await shown.pixels(item["image"]), await shown.picture(raw, item["frame"]))
        again = await shown.desk.ask("preview.batch", project=project, frames=wanted, format="png")
        assert again["cached"] == len(set(wanted))
        assert [item["image"] for item in again["items"]] == [item["image"] for item in batch["items"]]


@pytest.mark.trio
async def test_what_cannot_be_shown_is_told_by_item(tmp_path: Path) -> None:
    source = numbered(tmp_path)
    raw = film(played(source, 0, 1), played(tmp_path / "gone.mp4", 1, 1))
    async with screen(tmp_path) as shown:
        batch = await shown.desk.ask("preview.batch", project={"inline": raw}, frames=[23, 24, 25, 26, 10])
        assert [item["error"] and item["error"]["kind"] for item in batch["items"]] == [
            None,
            None,
            "mediaNotFound",
            "mediaNotFound",
            None,
        ]
        assert batch["failed"] == 2
        with pytest.raises(MediaNotFound):
            await shown.desk.ask("preview.batch", path=str(tmp_path / "gone.mp4"), count=1)


@pytest.mark.trio
async def test_a_run_is_composed_in_as_few_goes_as_its_sources_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "MOST_FEEDS", 1)
    begun: list[int] = []
    begin = Composer.begin

    async def counting(self: Composer, fed: Fed, **more: Any) -> Composition:
        begun.append(fed.command.frames or 0)
        return await begin(self, fed, **more)

    monkeypatch.setattr(Composer, "begin", counting)
    source = numbered(tmp_path)
    gone = played(tmp_path / "gone.mp4", 1.28, 0.08)
    clips = [played(source, at, 0.64, sourceStart=start) for at, start in ((0, 0), (0.64, 2), (1.36, 1))]
    async with screen(tmp_path) as shown:
        project = {"inline": film(*clips[:2], gone, clips[2])}
        batch = await shown.desk.ask("preview.batch", project=project, frames=list(range(50)))
        wanted = [*range(16), *range(50, 66), None, None, *range(25, 41)]
        shown_numbers = [item["image"] and number_of(await shown.pixels(item["image"])) for item in batch["items"]]
        assert shown_numbers == wanted
        assert batch["failed"] == 2
    # Before: the first go, and each frame behind it by a process of its own.
    assert sum(begun) == 48
    assert len(begun) <= 8


@pytest.mark.trio
@pytest.mark.parametrize(("most", "goes_in_vain", "failed"), [(0, 1, 20), (4, 5, 0)])
async def test_a_go_that_fails_is_not_tried_again_for_every_frame(
    most: int, goes_in_vain: int, failed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []
    begin = Composer.begin

    async def failing(self: Composer, fed: Fed, **more: Any) -> Composition:
        frames = fed.command.frames or 0
        if frames > most:
            refused.append(frames)
            raise MediaUnreadable(path="a.mp4", detail="so large a piece of it")
        return await begin(self, fed, **more)

    monkeypatch.setattr(Composer, "begin", failing)
    async with screen(tmp_path) as shown:
        project = {"inline": film(played(numbered(tmp_path)))}
        batch = await shown.desk.ask("preview.batch", project=project, frames=list(range(20)))
    assert batch["failed"] == failed
    assert len([frames for frames in refused if frames > 1]) <= goes_in_vain
    assert len([frames for frames in refused if frames == 1]) == failed


@pytest.mark.trio
async def test_instants_and_counts(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = {"inline": film(color(0, 4))}
        part = {"from": {"frame": 20}, "to": {"time": 2}}
        for asked, frames in (
            ({"times": [0, 1, "3/2"]}, [0, 25, 37]),
            ({"count": 4}, [12, 37, 62, 87]),
            ({"count": 3, "range": part}, [25, 35, 45]),
        ):
            batch = await shown.desk.ask("preview.batch", project=project, width=32, **asked)
            assert [item["frame"] for item in batch["items"]] == frames
        for wrong in (
            {},
            {"count": 1, "frames": [1]},
            {"frames": [1], "range": part},
            {"count": 1, "range": {"from": {"frame": 5}, "to": {"frame": 5}}},
        ):
            with pytest.raises(InvalidParams):
                await shown.desk.ask("preview.batch", project=project, **wrong)
        with pytest.raises(InvalidParams):
            await shown.desk.ask("preview.batch", count=1)


@pytest.mark.trio
@pytest.mark.parametrize("order", ["cheapest", "asked"])
async def test_a_file_shows_its_own_frames_and_tells_of_them(tmp_path: Path, order: str) -> None:
    source = numbered(tmp_path, rate="30", seconds=2)
    wanted = [50, 2, 59, 31]
    async with screen(tmp_path) as shown:
        batch = await shown.desk.ask("preview.batch", path=str(source), frames=wanted, order=order)
        assert [number_of(await shown.pixels(item["image"])) for item in batch["items"]] == wanted
        told: list[Any] = [each for each in shown.desk.reported if each["kind"] == "items"]
        came = [item["frame"] for each in told for item in each["items"]]
        assert sorted(came) == sorted(wanted)
        if order == "asked":
            assert came == wanted
        assert [shown.desk.reported[0]["kind"], shown.desk.reported[-1]["kind"]] == ["begin", "end"]
