"""Joins that begin while cells are being made: the same bytes as when all of them are there first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.render import Job
from sidecar.services.render.cell_run import CellRun
from sidecar.services.render.early_join import foresee_scan
from sidecar.services.render.encode_run import Making, encode_run
from sidecar.services.render.join import join
from sidecar.services.render.join_pieces import Piece, Scan
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.studio import file, project, studio


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    return make_clip(folder / "clip.mp4", seconds=12, rate="25", size=(192, 96), audio="stereo", gop=25)


def film(clip: Path, brightness: float = 0.0) -> dict[str, Any]:
    """Three clips of four seconds, of which the last may be another."""
    clips = [file(clip, 4 * at, 4, sourceStart=4 * at) for at in range(3)]
    clips[2]["color"] = {"brightness": brightness}
    return project(*clips, width=192, height=96)


class Joins:
    """Notes how many pieces were there when each join began, and what was foreseen of all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[Scan | None] = []

        def noted(pieces: list[Piece], *others: Any, foreseen: Scan | None = None, **members: Any) -> None:
            self.begun.append(foreseen)
            join(pieces, *others, foreseen=foreseen, **members)

        monkeypatch.setattr("sidecar.services.render.assemble.join", noted)


def reaching(monkeypatch: pytest.MonkeyPatch) -> trio.Event:
    """Return what is set when a join waits for a cell of which the plan did not know."""
    begun, waited = trio.Event(), CellRun.arrival

    async def arrival(cells: CellRun, key: str) -> None:
        if key not in cells.files and key not in cells.planned.known:
            begun.set()
        await waited(cells, key)

    monkeypatch.setattr(CellRun, "arrival", arrival)
    return begun


async def rendered(home: Path, clip: Path, *, before: bool) -> tuple[Job, bytes]:
    """Render the changed film, after the unchanged one or alone."""
    async with studio(home) as desk:
        if before:
            assert (await desk.finish(film(clip), home / "before.mp4")).state == "completed"
        job = await desk.finish(film(clip, 0.1), home / "film.mp4")
    assert job.state == "completed"
    return job, (home / "film.mp4").read_bytes()


async def test_what_is_cached_is_joined_while_the_rest_is_made(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = await rendered(tmp_path / "alone", clip, before=False)
    joins, begun = Joins(monkeypatch), reaching(monkeypatch)

    async def late(*others: Any) -> Making:
        # Nothing is made before the join has come to what is missing.
        if joins.begun:
            await begun.wait()
        return await encode_run(*others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", late)
    job, found = await rendered(tmp_path / "again", clip, before=True)
    assert job.result is not None
    assert (job.result.reused.cached, job.result.reused.encoded) == (2, 1)
    assert [each is not None for each in joins.begun] == [False, True]
    assert found == expected


async def test_what_waits_for_others_takes_no_thread_from_them(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins, begun = Joins(monkeypatch), reaching(monkeypatch)

    async def late(*others: Any) -> Making:
        if joins.begun:
            await begun.wait()
        return await encode_run(*others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", late)
    # All that works does so in one thread; a mix that feeds an encoder, and a join that waits for cells, are not among it.
    trio.to_thread.current_default_thread_limiter().total_tokens = 1
    sound = {"export": {"audio": {"loudness": {"target": -20}}}}
    async with studio(tmp_path) as desk:
        assert (await desk.finish(film(clip, 0.05) | sound, tmp_path / "before.mp4")).state == "completed"
        job = await desk.finish(film(clip, 0.1) | sound, tmp_path / "film.mp4")
    assert job.state == "completed"
    assert [each is not None for each in joins.begun] == [False, True]


async def test_what_was_not_foreseen_is_joined_anew(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = await rendered(tmp_path / "alone", clip, before=False)

    async def wrong(cells: CellRun) -> Scan | None:
        scan = await foresee_scan(cells)
        return None if scan is None else Scan(scan.delay - 1, scan.parameters)

    joins = Joins(monkeypatch)

    async def late(*others: Any) -> Making:
        while len(joins.begun) == 1:  # noqa: ASYNC110 - joins begin in a thread
            await trio.sleep(0.01)
        return await encode_run(*others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", late)
    monkeypatch.setattr("sidecar.services.render.assemble.foresee_scan", wrong)
    _, found = await rendered(tmp_path / "again", clip, before=True)
    assert [each is not None for each in joins.begun] == [False, True, False]
    assert found == expected


async def test_a_job_that_is_cancelled_while_it_joins_leaves_nothing(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins, begun = Joins(monkeypatch), reaching(monkeypatch)

    async def never(*others: Any) -> Making:
        if joins.begun:
            await trio.sleep_forever()
        return await encode_run(*others)

    monkeypatch.setattr("sidecar.services.render.cell_run.encode_run", never)
    async with studio(tmp_path) as desk:
        await desk.finish(film(clip), tmp_path / "before.mp4")
        started = await desk.start(film(clip, 0.1), tmp_path / "film.mp4")
        with trio.fail_after(PATIENCE):
            await begun.wait()
        job = await desk.render.cancel(started.job_id)
        assert job.state == "cancelled"
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"before.mp4"}


async def test_what_is_damaged_in_the_cache_is_made_beside_what_is_missing(tmp_path: Path, clip: Path) -> None:
    _, expected = await rendered(tmp_path / "alone", clip, before=False)
    async with studio(tmp_path / "again") as desk:
        await desk.finish(film(clip), tmp_path / "before.mp4")
        plan = await desk.plan(film(clip, 0.1))
        assert [segment.state for segment in plan.segments] == ["cached", "cached", "waiting"]
        kept = [path for path in desk.services.folders.cache.glob("objects/segments/*/*") if not path.suffix]
        assert len(kept) == 3
        for path in kept:
            path.write_bytes(path.read_bytes()[::-1])
        job = await desk.finish(film(clip, 0.1), tmp_path / "film.mp4")
    assert job.result is not None
    assert (job.result.reused.cached, job.result.reused.encoded) == (0, 3)
    assert (tmp_path / "film.mp4").read_bytes() == expected
