"""preview.frame is the render: bit for bit at the export's size, and like the reduced picture at half of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.project.check import check
from tests.harness.measures import ssim
from tests.harness.rendering import render
from tests.services.preview.showing import Screen, screen
from tests.services.preview.varied import PROJECTS, edges_of, make_sources, shown_at

LIKE = 0.97
LARGE = (768, 384)
"""Where half the size is tried: of the sources' own size their smallest details would be lost with every second pixel."""


@dataclass(frozen=True)
class Rendered:
    """A project, what a render of it is given to encode, and the frames around which something changes."""

    raw: dict[str, Any]
    frames: Sequence[NDArray[Any]]
    edges: Sequence[int]
    count: int

    def at(self, frame: int) -> NDArray[Any]:
        return self.frames[shown_at(frame, self.raw)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("varied")
    make_sources(folder)
    return folder


@pytest.fixture(scope="module")
def rendered(base: Path) -> Callable[[str], Rendered]:
    known: dict[str, Rendered] = {}

    def of(name: str) -> Rendered:
        if name not in known:
            raw = PROJECTS[name]
            target = base / f"{name}.mkv"
            render(raw, base, target)
            with av.open(str(target), "r") as container:
                frames = [frame.to_ndarray(format="rgba64le") for frame in container.decode(video=0)]
            decoded = check(raw).project
            assert decoded is not None
            known[name] = Rendered(raw, frames, *edges_of(decoded, base))
        return known[name]

    return of


def pixels(image: bytes) -> NDArray[Any]:
    with av.open(BytesIO(image), "r") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgba64le")


async def hold(wanted: Rendered, base: Path, folder: Path, instants: Sequence[int], *, all_edges: bool) -> None:
    """Ask for frames one by one, the second half with empty caches, for edges in a batch, and for one at half size."""
    async with screen(folder) as shown:
        found = await shown.desk.ask("project.open", project=wanted.raw, basePath=str(base))
        project = {"id": found["projectId"]}
        for place, frame in enumerate(instants):
            if 2 * place >= len(instants):
                await shown.desk.ask("cache.clear", kinds=["frames"])
            answer = await shown.frame(project, frame, format="png")
            assert answer["exact"]
            assert np.array_equal(pixels(await shown.fetch(answer["image"])), wanted.at(frame)), frame
        if all_edges:
            batch = await shown.desk.ask("preview.batch", project=project, frames=list(wanted.edges), format="png")
            assert batch["failed"] == 0
            for item in batch["items"]:
                image = pixels(await shown.fetch(item["image"]))
                assert np.array_equal(image, wanted.at(item["frame"])), item["frame"]
        large = {**wanted.raw, "id": "large", "width": LARGE[0], "height": LARGE[1]}
        large["export"] = {**wanted.raw["export"], "width": None, "height": None}
        found = await shown.desk.ask("project.open", project=large, basePath=str(base))
        await alike(shown, {"id": found["projectId"]}, instants[0])


async def alike(shown: Screen, project: Mapping[str, Any], frame: int) -> None:
    """Hold a frame of half the size to the reduced one."""
    full = await shown.picture(project, frame)
    height, width = full.shape[0] // 2, full.shape[1] // 2
    half = await shown.picture(project, frame, width=width, height=height)
    reduced = full.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    assert ssim(half / 255, reduced / 255) >= LIKE, frame


@pytest.mark.parametrize("name", PROJECTS)
def test_drawn_instants_are_those_of_the_render(
    name: str, base: Path, rendered: Callable[[str], Rendered], tmp_path: Path
) -> None:
    wanted = rendered(name)

    @settings(
        max_examples=1, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(st.integers(0, wanted.count - 1), min_size=3, max_size=3, unique=True))
    def drawn(instants: list[int]) -> None:
        trio.run(partial(hold, wanted, base, tmp_path, instants, all_edges=True))

    drawn()


@pytest.mark.soak
@pytest.mark.parametrize("name", PROJECTS)
def test_every_instant_is_that_of_the_render(
    name: str, base: Path, rendered: Callable[[str], Rendered], tmp_path: Path
) -> None:
    wanted = rendered(name)
    trio.run(partial(hold, wanted, base, tmp_path, range(wanted.count), all_edges=False))
