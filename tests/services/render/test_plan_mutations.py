"""Any member of the schema, changed: the keys of cells change if the frames do, and else do not."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.errors import SidecarError
from protocol.project.formats import video_codec
from sidecar.core.timeline import output_span
from sidecar.ffmpeg.builder.command import Output
from sidecar.ffmpeg.builder.render import build_render
from sidecar.services.media.reader import probe_file
from sidecar.services.render import cells as cells_module
from sidecar.services.render.cells import Cell, in_cells
from sidecar.services.render.compiling import Draft, compile_draft
from tests.harness import rendering
from tests.harness.commands import output_of
from tests.harness.reference.films import write_films
from tests.harness.rendering import RESOURCES, timeline_of
from tests.reference.material import LUT, write_material
from tests.reference.timelines import timelines
from tests.reference.wholes import projects
from tests.services.render.mutating import mutate, whole

Json = dict[str, Any]

SHORT = 5
"""Frames of a cell here."""

UNSEEN = ("Color.", "Crop.", "Effect.", "Key.", "Transform.", "Template.", "Cell.", "Style.", "Position.", "Border.")
"""Structs of numbers and colours that decide pixels, but by so little, or of pictures so plain, that no level moves."""

UNSEEN_CLIP = "of a clip that pictures smaller than the frame cover, or that is wholly transparent"

LOOSE = {
    "Project.frameRate": "frames are the same, but come at another rate, which is told to the encoder",
    "Project.background": "of which nothing is seen but in a window of an effect, or through what is transparent",
    "Project.effects": "an effect that leaves every level as it is",
    "Project.tracks": UNSEEN_CLIP,
    "Clip.blend": "over black, or of pictures of the ends of the scale, some modes agree",
    "Clip.duration": UNSEEN_CLIP,
    "Clip.effects": "an effect that leaves every level as it is",
    "Clip.enabled": UNSEEN_CLIP,
    "Clip.freeze": "of a clip that shows one frame of its source anyway, as one that is a frame long",
    "Clip.fit": "pictures of the frame's own shape are fitted in any way alike",
    "Clip.opacity": "by less than a level",
    "Clip.retime": "between frames that are the same there is nothing",
    "Clip.start": UNSEEN_CLIP,
    "Transition.duration": "its first frame and its last show one side alone",
    "VideoTrack.blend": "as Clip.blend",
    "VideoTrack.clips": UNSEEN_CLIP,
    "VideoTrack.effects": "an effect that leaves every level as it is",
    "VideoTrack.opacity": "by less than a level",
    "VideoTrack.transitions": "its first frame and its last show one side alone",
}
"""Members that may change keys of frames that stay the same, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A project's cells, and the bytes of each of its frames as encoders are given them."""

    cells: tuple[Cell, ...]
    frames: NDArray[np.uint8]

    def of(self, cell: Cell) -> NDArray[np.uint8]:
        shown = self.frames[cell.first : cell.end]
        if not cell.still:
            return shown
        assert (shown == shown[0]).all(), f"frames {cell.first} to {cell.end} are not one picture"
        return shown[:1]


@dataclass(slots=True)
class Bench:
    """Where the files lie; what was compared."""

    folder: Path
    seen: Counter[str] = field(default_factory=Counter)

    def make(self, raw: Json) -> Made | None:
        """Plan and compose a project; None for one that cannot be, or is not made of cells."""
        try:
            timeline = timeline_of(raw, self.folder)
        except (AssertionError, SidecarError):
            return None
        export, span = timeline.project.export, output_span(timeline, timeline.project.export)
        if span.frames == 0 or video_codec(export) is None or not in_cells(export):
            return None
        resources = replace(RESOURCES, contents={LUT: (self.folder / LUT).read_bytes()})
        files = [item.file.facts for lane in timeline.video for item in lane.items if item.file is not None]
        prints = {facts.path: facts.fingerprint for facts in files}
        try:
            compiled = compile_draft(Draft(timeline, export, resources, span, prints, "9"))
        except SidecarError:
            return None
        command = build_render(timeline, export, target="-", resources=resources)
        options = (("f", "rawvideo"), ("fps_mode", "passthrough"))
        shown = Output((command.outputs[0].streams[0],), options, "pipe:1")
        data = np.frombuffer(output_of(replace(command, outputs=(shown,), loudness=None), self.folder), np.uint8)
        return Made(compiled.cells, data.reshape(span.frames, -1))

    def compare(self, raw: Json, random: Random, mutations: int) -> None:
        """Change some members, one at a time, and compare keys with frames each time."""
        raw = whole(raw)
        raw["export"]["audio"] = None
        base = self.make(raw)
        if base is None:
            return
        agree([base], raw, "itself")
        for _ in range(mutations):
            changed = mutate(raw, random)
            made = None if changed is None else self.make(changed.raw)
            if changed is None or made is None:
                continue
            self.seen[changed.name] += 1
            agree([base, made], {"before": raw, "after": changed.raw}, changed.name)
            spare = made.cells and any(needless(cell, base, made) for cell in made.cells)
            if spare and not changed.name.startswith(("Export.", "VideoExport.")):
                known = changed.name in LOOSE or changed.name.startswith(UNSEEN)
                assert known, f"{changed.name} changes keys for nothing: {json.dumps([raw, changed.raw])}"


def agree(made: Sequence[Made], raw: Json, name: str) -> None:
    """Fail where equal keys are not equal frames."""
    known: dict[str, NDArray[np.uint8]] = {}
    for each in made:
        for cell in each.cells:
            frames = each.of(cell)
            before = known.setdefault(cell.key, frames)
            assert before.shape == frames.shape, f"{name}: {cell} has another number of frames: {json.dumps(raw)}"
            assert np.array_equal(before, frames), f"{name}: {cell} shows something else: {json.dumps(raw)}"


def needless(cell: Cell, base: Made, made: Made) -> bool:
    """Whether a cell has a new key, though a cell of the same frames was there."""
    if any(cell.key == other.key for other in base.cells):
        return False
    return any(
        (cell.frames, cell.still) == (other.frames, other.still) and np.array_equal(base.of(other), made.of(cell))
        for other in base.cells
    )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("mutated")
    write_films(folder)
    write_material(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells_module, "cell_frames", lambda _rate, _distance: SHORT)
        # Files do not change here.
        patch.setattr(rendering, "probe_file", lru_cache(maxsize=None)(probe_file))
        yield Bench(folder)


DRAWN = st.one_of(timelines(), projects())
CHECKS = list(HealthCheck)


QUICK = settings(
    max_examples=14,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=CHECKS,
    # What fails is shrunk by the long form.
    phases=(Phase.explicit, Phase.generate),
)


def test_keys_change_with_frames(bench: Bench) -> None:
    @QUICK
    @given(raw=DRAWN, seed=st.integers(0, 2**30))
    def compare(raw: Json, seed: int) -> None:
        bench.compare(raw, Random(seed), 4)

    compare()
    assert sum(bench.seen.values()) >= 12


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@settings(
    max_examples=int(os.environ.get("PROJECTS", "100")), deadline=None, database=None, suppress_health_check=CHECKS
)
@given(raw=DRAWN, seed=st.integers(0, 2**30))
def test_keys_of_many_projects_change_with_frames(bench: Bench, raw: Json, seed: int) -> None:
    bench.compare(raw, Random(seed), 12)
