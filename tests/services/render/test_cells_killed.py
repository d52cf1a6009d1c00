"""A film of many cells whose sidecar is killed at random moments, and the next goes on with what is there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio

from sidecar.services.locks import try_lock
from tests.harness.media import make_clip, read_numbers
from tests.harness.patience import PATIENCE
from tests.harness.spawned import Spawned, spawned
from tests.services.cache.shelf import objects
from tests.services.render.studio import file, project, studio
from tests.services.render.test_queue_killed import kill

SECONDS = 40
"""Of the clip: ten cells."""

CELLS = 10


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=SECONDS, rate="25")


def film(clip: Path, times: int) -> dict[str, Any]:
    """The clip so many times, each a level brighter, that no cell is like another; large and slow to encode."""
    clips = [file(clip, SECONDS * n, SECONDS, color={"brightness": 0.004 * n}) for n in range(times)]
    return project(*clips, width=320, height=160, export={"audio": None, "video": {"preset": "slowest"}})


def cells(sidecar: Spawned) -> dict[int, str]:
    """Return the state of each cell that has changed in this process, by what was told of them."""
    told = [payload for topic, payload in sidecar.events if topic == "render.segments"]
    return {change["index"]: change["state"] for payload in told for change in payload["changes"]}


async def until_some_are_made_and_some_are_not(sidecar: Spawned) -> None:
    with trio.fail_after(PATIENCE):
        while not {"encoded", "running"} <= set(cells(sidecar).values()):  # noqa: ASYNC110 - told as it comes
            await trio.sleep(0.01)


def leftovers(home: Path) -> list[Path]:
    """Return the files and locks of sidecars that are gone, and see that none of them is alive."""
    parts = list((home / "out").glob(".*.part"))
    locks = [*(home / "cache" / "live").glob("*.lock"), *(home / "cache" / "temp").glob("*.lock")]
    for path in (*parts, *locks):
        lock = try_lock(path)
        assert lock is not None, f"{path} is still held"
        lock.release()
    return parts


def kept(home: Path) -> int:
    """Count the finished cells that lie in the cache."""
    return sum(path.parent.parent.name == "segments" for path in objects(home / "cache"))


async def killed(home: Path, raw: dict[str, Any], kills: int) -> Path:
    """Kill the sidecar that renders a film so many times; let the last one finish it. Return the film."""
    chance, out, made = Random(kills), home / "out", 0
    out.mkdir(parents=True)
    target = out / "film.mp4"
    for turn in range(kills):
        async with spawned(home) as sidecar:
            await sidecar.request("events.subscribe", topics=["render.segments"])
            if turn == 0:
                await sidecar.request("render.start", project={"inline": raw}, output=str(target), jobId="film")
            await until_some_are_made_and_some_are_not(sidecar)
            await trio.sleep(chance.uniform(0, 0.4))  # the moment is what is tried
            job = await sidecar.request("render.job", jobId="film", segments=True)
            await kill(sidecar)
        states = Counter(segment["state"] for segment in job["segments"])
        assert states["cached"] == made, "what was finished is there, and nothing else"
        # At least one is finished, and one is lost.
        assert kept(home) > made
        assert states["running"] > 0
        made = kept(home)
        assert made < len(job["segments"]), "the film is too short for so many kills"
        assert not target.exists()
        assert len(leftovers(home)) == 1, "of those before nothing is left"
    async with spawned(home) as sidecar:
        with trio.fail_after(PATIENCE + 5 * kills):
            while (job := await sidecar.request("render.job", jobId="film"))["state"] != "completed":
                assert job["error"] is None, job["error"]
                await trio.sleep(0.05)
    assert job["attempts"] == kills + 1
    assert job["result"]["reused"]["cached"] == made
    assert [path.name for path in out.iterdir()] == ["film.mp4"]
    assert list((home / "cache" / "live").iterdir()) == []
    assert list((home / "cache" / "temp").glob("*/render-*")) == []
    return target


async def same_as_undisturbed(folder: Path, clip: Path, kills: int, times: int) -> None:
    raw = film(clip, times)
    broken = await killed(folder / "killed", raw, kills)
    async with studio(folder / "whole", workers=1) as desk:
        started = await desk.start(raw, folder / "whole.mp4")
        with trio.fail_after(PATIENCE * times):
            assert (await desk.render.wait(started.job_id)).state == "completed"
    assert broken.read_bytes() == (folder / "whole.mp4").read_bytes()
    assert read_numbers(broken) == list(range(SECONDS * 25)) * times


async def test_a_film_is_the_same_however_often_its_sidecar_was_killed(tmp_path: Path, clip: Path) -> None:
    await same_as_undisturbed(tmp_path, clip, kills=2, times=2)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_a_film_whose_sidecar_was_killed_twenty_times(tmp_path: Path, clip: Path) -> None:
    await same_as_undisturbed(tmp_path, clip, kills=20, times=8)
