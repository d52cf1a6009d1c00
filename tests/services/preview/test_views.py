"""Views: the newest request supersedes, steps run on, nothing runs wild."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
import trio
import trio.testing

from protocol.errors import Cancelled
from sidecar.services.preview.composer import MOST, MOST_ENDING, Composer
from sidecar.services.preview.decoding.crew import ROLE
from sidecar.services.preview.pipeline import AHEAD, REACH, Pipeline
from sidecar.services.preview.stage import Stage
from sidecar.services.preview.views import MOST_PIPELINES
from tests.harness.patience import PATIENCE
from tests.services.preview.showing import Screen, film, number_of, numbered, played, screen

pytestmark = pytest.mark.trio

SECONDS = 8
FRAMES = 25 * SECONDS

WORKERS = 2
LIGHT = 96 << 20
"""More than a decoding process that holds this film takes: what it gains by each request must be given back."""


def reel(folder: Path) -> dict[str, Any]:
    return film(played(numbered(folder, seconds=SECONDS), 0, SECONDS))


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that is bound to come."""
    with trio.fail_after(PATIENCE):
        while not holds():
            await trio.lowlevel.checkpoint()


async def test_a_newer_request_of_a_view_supersedes(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        reasons: list[str] = []

        async def older(view: str, frame: int) -> None:
            try:
                await shown.frame(project, frame, view=view)
            except Cancelled as error:
                reasons.append(f"{view} {error.reason}")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(older, "one", 150)
            nursery.start_soon(older, "two", 150)
            await trio.testing.wait_all_tasks_blocked()
            answer = await shown.frame(project, 20, view="one")
        assert number_of(await shown.pixels(answer["image"])) == 20
        assert reasons == ["one superseded"]


async def test_steps_forward_come_from_one_process(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        service = await shown.service()
        origins = []
        for frame in range(10, 60):
            answer = await shown.frame(project, frame, view="one")
            origins.append(answer["from"])
            assert number_of(await shown.pixels(answer["image"])) == frame
            assert service.composer.running <= 2
        assert origins[0] == "cold"
        assert "cold" not in origins[1:]
        assert service.composer.composed <= 50 + AHEAD + 1
        service.views.close(shown.desk.peer)
        await until(lambda: service.composer.running == 0)


async def test_a_pipeline_that_nobody_asks_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.services.preview.pipeline.IDLE", 0.1)
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        service = await shown.service()
        for frame in range(10, 14):
            await shown.frame(project, frame, view="one")
        assert service.composer.running == 1
        await until(lambda: service.composer.running == 0)
        assert number_of(await shown.picture(project, 60, view="one")) == 60


async def test_views_share_a_few_pipelines(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        service = await shown.service()
        views = [str(number) for number in range(MOST_PIPELINES + 2)]
        for number, view in enumerate(views):
            for frame in range(30 * number, 30 * number + 4):
                await shown.frame(project, frame, view=view)
        await until(lambda: service.composer.running == MOST_PIPELINES)
        # Those that were asked last go on: a frame behind what they have made ahead comes from what runs.
        for number, view in list(enumerate(views))[-MOST_PIPELINES:]:
            frame = 30 * number + 5 + AHEAD
            answer = await shown.frame(project, frame, view=view)
            assert answer["from"] == "pipeline"
            assert number_of(await shown.pixels(answer["image"])) == frame


async def test_a_pipeline_goes_on_over_its_own_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.services.preview.views.WINDOW", 20)
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        for frame in range(130, FRAMES + 5):
            answer = await shown.frame(project, frame, view="one", format="png")
            pixels = await shown.pixels(answer["image"])
            if frame < FRAMES:
                assert number_of(pixels) == frame
            else:
                assert pixels.max() == 0
        assert (await shown.service()).composer.running <= 2


async def test_a_pipeline_is_followed_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.services.preview.views.WINDOW", 40)
    begun: list[int] = []
    going = Composer.going

    def slow(self: Composer, stage: Stage, window: tuple[int, int], *given: Any) -> Any:
        begun.append(window[0])
        if window[0] == 51:
            # Until the hand has gone on by some frames.
            assert passed.wait(PATIENCE)
        return going(self, stage, window, *given)

    monkeypatch.setattr(Composer, "going", slow)
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        passed = threading.Event()
        for frame in range(10, 60):
            if frame == 45:
                passed.set()
            assert number_of(await shown.picture(project, frame, view="one")) == frame
    assert begun == [11, 51]


async def test_nothing_is_kept_for_a_connection_that_has_ended(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        services = shown.desk.services
        services.leave(shown.desk.peer)
        project = await shown.open(reel(tmp_path))
        for view, first in (("one", 10), ("two", 60)):
            for frame in (first, first + 1):
                await shown.frame(project, frame, view=view)
        composer = (await shown.service()).composer
        assert composer.running >= 2
        services.leave(object())
        assert composer.running >= 2
        services.leave(shown.desk.peer)
        await until(lambda: composer.running == 0)


async def test_an_edit_is_seen_in_the_next_step(tmp_path: Path) -> None:
    async with screen(tmp_path) as shown:
        project = await shown.open(reel(tmp_path))
        for frame in range(10, 15):
            await shown.frame(project, frame, view="one")
        patch = [{"op": "add", "path": "/tracks/0/clips/0/sourceStart", "value": 2}]
        patch.append({"op": "replace", "path": "/tracks/0/clips/0/duration", "value": 4})
        await shown.desk.ask("project.update", projectId=project["id"], baseRevision=1, patch=patch)
        for frame in range(15, 20):
            answer = await shown.frame(project, frame, view="one")
            assert number_of(await shown.pixels(answer["image"])) == frame + 50


@dataclass
class Hand:
    """A hand that scrubs: what it asked for, and what came of it."""

    shown: Screen
    project: dict[str, Any]
    asked: int = 0
    answered: dict[int, str] = field(default_factory=dict)
    superseded: int = 0
    late: int = 0
    most: int = 0
    heaviest: int = 0

    async def ask(self, frame: int) -> None:
        number = self.asked = self.asked + 1
        try:
            answer = await self.shown.frame(self.project, frame, view="one", width=96)
        except Cancelled as error:
            self.superseded += error.reason == "superseded"
            return
        # An older request that is answered after a newer one was asked had come to its end before.
        self.late += any(newer > number for newer in self.answered)
        self.answered[number] = answer["from"]
        assert number_of(await self.shown.pixels(answer["image"])) == frame
        assert answer["frame"] == frame

    async def scrub(self, count: int, chance: Random) -> None:
        """Ask `count` times, half of it 5 ms apart, the other half as answers come."""
        service = await self.shown.service()
        for _ in range(count // 2):
            await self.ask(chance.randrange(FRAMES))
            self.look(service.composer.running)
        async with trio.open_nursery() as nursery:
            for _ in range(count // 2):
                nursery.start_soon(self.ask, chance.randrange(FRAMES))
                await trio.sleep(0.005)
                self.look(service.composer.running)

    def look(self, composing: int) -> None:
        """Note how many processes compose, and what the heaviest decoder takes, in bytes."""
        self.most = max(self.most, composing)
        workers = [each for each in self.shown.desk.services.supervisor.children() if each.role == ROLE]
        assert len(workers) <= WORKERS
        self.heaviest = max([self.heaviest, *(psutil.Process(each.pid).memory_info().rss for each in workers)])


async def scrubbed(folder: Path, count: int) -> None:
    begun: list[Pipeline] = []
    run = Pipeline.run

    async def noted(self: Pipeline, *given: Any) -> None:
        begun.append(self)
        await run(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pipeline, "run", noted)
        await _scrubbed(folder, count, begun)


async def _scrubbed(folder: Path, count: int, begun: list[Pipeline]) -> None:
    async with screen(folder) as shown:
        service = await shown.service()
        hand = Hand(shown, await shown.open(reel(folder)))
        await hand.scrub(count, Random(7))
        last = hand.asked
        assert hand.answered.keys() >= {last}, "the newest request is answered"
        assert len(hand.answered) + hand.superseded == count
        assert len(hand.answered) >= count // 2
        assert hand.late == 0
        assert hand.most <= MOST + MOST_ENDING
        assert 0 < hand.heaviest <= LIGHT
        made = sum(origin != "cache" for origin in hand.answered.values())
        composed = service.composer.composed
        assert composed <= len(hand.answered) + AHEAD
        # Only pipelines make what nobody has asked for: some ahead, and those on the way to a step.
        assert composed - made <= (AHEAD + REACH) * len(begun)
        service.views.close(shown.desk.peer)
        await until(lambda: service.composer.running == 0)
        left = [path for path in (folder / "tempDir").rglob("preview-*") if path.is_dir()]
        assert left == []
        children = [child.role for child in shown.desk.services.supervisor.children()]
        assert "preview" not in children


async def test_a_scrubbing_hand(tmp_path: Path) -> None:
    await scrubbed(tmp_path, 200)


@pytest.mark.soak
async def test_a_hand_that_scrubs_for_long(tmp_path: Path) -> None:
    await scrubbed(tmp_path, 1_000)
