"""Gradients, test patterns and static, against pictures drawn by hand."""

from __future__ import annotations

from hashlib import shake_128
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import GradientSource, NoiseSource, PatternSource
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import emit
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.generated import generated
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene
from tests.harness.commands import output_of
from tests.harness.rendering import RESOURCES, clip, project, timeline_of

Floats = NDArray[np.float64]
SIZE = (160, 90)


def drawn(
    source: GradientSource | PatternSource | NoiseSource,
    work: Path,
    *,
    first: int = 0,
    frames: int = 1,
    canvas: tuple[int, int] = SIZE,
    deep: bool = False,
) -> Floats:
    """Return frames as R, G, B, A of 0–1, straight: (frame, height, width, 4)."""
    timeline = timeline_of(project({"clips": [clip("#000000")]}, size=SIZE), work)
    scale = canvas[0] / SIZE[0], canvas[1] / SIZE[1]
    chosen = formats("yuv444p10le" if deep else "yuv444p")
    scene = Scene(timeline, Canvas(canvas, scale), chosen, RESOURCES)
    made = generated(source, scene, first, frames)
    assert made.still == (not isinstance(source, NoiseSource))
    pixel_format = ("gbrap" if made.picture.alpha else "gbrp") + ("16le" if made.picture.bits == 16 else "")
    stream = node("format", made.picture.stream, pix_fmts=pixel_format)
    raw = (("f", "rawvideo"), ("fps_mode", "passthrough"))
    data = output_of(Command((Output((stream,), raw, "pipe:1"),), scene.files.all()), work)
    kind, most = ("<u2", 65_535) if made.picture.bits == 16 else ("u1", 255)
    planes = np.frombuffer(data, kind).reshape(frames, -1, canvas[1], canvas[0]) / most
    alpha = planes[:, 3] if planes.shape[1] == 4 else np.ones_like(planes[:, 0])
    return np.stack([planes[:, 2], planes[:, 0], planes[:, 1], alpha], axis=-1)


def gradient(**members: Any) -> GradientSource:
    return msgspec.convert(members, GradientSource)


def expected(source: GradientSource, canvas: tuple[int, int]) -> Floats:
    """The same by its definition: colours at even distances from corner to corner, or from the middle to a corner."""
    y, x = np.mgrid[0 : canvas[1], 0 : canvas[0]]
    right, down = ((x + 0.5) / canvas[0] - 0.5) * SIZE[0], ((y + 0.5) / canvas[1] - 0.5) * SIZE[1]
    if source.shape == "radial":
        place = np.hypot(right, down) / (np.hypot(*SIZE) / 2)
    else:
        turn = np.radians(source.angle)
        reach = abs(SIZE[0] * np.cos(turn)) + abs(SIZE[1] * np.sin(turn))
        place = (right * np.cos(turn) + down * np.sin(turn)) / reach + 0.5
    stops = np.array([[int((c[1:] + "FF")[i : i + 2], 16) / 255 for i in (0, 2, 4, 6)] for c in source.colors])
    spots = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(place, spots, stops[:, channel]) for channel in range(4)], axis=-1)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("canvas", [SIZE, (80, 45), (320, 180)])
@pytest.mark.parametrize(
    "source",
    [
        gradient(),
        gradient(angle=90, colors=["#FF0000", "#00FF00"]),
        gradient(angle=-30, colors=["#102030", "#FFEEDD", "#0000FF", "#FFFFFF"]),
        gradient(angle=225, colors=["#FF000080", "#00FF0000", "#0000FFFF"]),
        gradient(shape="radial", colors=["#FFFFFF", "#FF8000", "#000000"]),
        gradient(colors=[f"#{level:02X}{255 - level:02X}80" for level in (0, 255, 17, 200, 90, 91, 3, 255)]),
    ],
)
def test_gradients_are_exact(source: GradientSource, canvas: tuple[int, int], *, deep: bool, tmp_path: Path) -> None:
    made = drawn(source, tmp_path, canvas=canvas, deep=deep)[0]
    error = np.abs(made - expected(source, canvas)).max()
    assert error <= (8 / 65_535 if deep else 0.52 / 255)


def pattern(name: str) -> PatternSource:
    return msgspec.convert({"pattern": name}, PatternSource)


def at(picture: Floats, x: float, y: float) -> tuple[int, ...]:
    """Colour at a place in fractions of the picture."""
    height, width, _ = picture.shape
    return tuple(int(v) for v in np.rint(picture[int(y * height), int(x * width), :3] * 255))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            gradient(colors=["#102030", "#405060"], angle=30),
            gradient(colors=["#102030", "#405060"], angle=30 - 65 * 360),
        ),
        (gradient(colors=["#102030"] * 2, angle=30), gradient(colors=["#102030"] * 2, angle=70, shape="radial")),
    ],
)
def test_gradients_that_look_the_same_are_written_the_same(
    one: GradientSource, other: GradientSource, tmp_path: Path
) -> None:
    timeline = timeline_of(project({"clips": [clip("#000000")]}, size=SIZE), tmp_path)
    scene = Scene(timeline, Canvas(SIZE, (1.0, 1.0)), formats("yuv444p"), RESOURCES)
    texts = {emit((generated(source, scene, 0, 1).picture.stream,)).text for source in (one, other)}
    assert len(texts) == 1


@pytest.mark.parametrize("canvas", [SIZE, (80, 45), (101, 77), (1920, 1080)])
def test_bars_lie_where_they_should(canvas: tuple[int, int], tmp_path: Path) -> None:
    made = drawn(pattern("bars"), tmp_path, canvas=canvas)[0]
    wanted = [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191)]
    assert [at(made, (i + 0.5) / 7, 0.3) for i in range(7)] == wanted
    assert [at(made, (i + 0.5) / 7, 0.71) for i in (0, 2, 4, 6)] == [wanted[i] for i in (6, 4, 2, 0)]
    assert [at(made, x, 0.9) for x in (0.05, 0.25, 0.45, 0.6)] == [
        (0, 33, 76),
        (255, 255, 255),
        (50, 0, 106),
        (0, 0, 0),
    ]
    changes = np.flatnonzero((np.diff(made[0, :, :3], axis=0) != 0).any(axis=1)) + 1
    assert changes.tolist() == [int(i * canvas[0] / 7 + 0.5) for i in range(1, 7)]


@pytest.mark.parametrize("canvas", [SIZE, (80, 44), (90, 160)])
def test_checker_is_of_whole_squares(canvas: tuple[int, int], tmp_path: Path) -> None:
    made = drawn(pattern("checker"), tmp_path, canvas=canvas)[0, ..., 0]
    columns = round(9 * canvas[0] / canvas[1])
    across = np.searchsorted(
        [int((i + 1) * canvas[0] / columns + 0.5) for i in range(columns)], range(canvas[0]), "right"
    )
    down = np.searchsorted([int((i + 1) * canvas[1] / 9 + 0.5) for i in range(9)], range(canvas[1]), "right")
    assert np.array_equal(made, 1.0 - (across[None] + down[:, None]) % 2)


@pytest.mark.parametrize(("canvas", "thick"), [((480, 270), 1), ((960, 540), 2), ((1920, 1080), 4)])
def test_lines_of_a_grid_keep_their_share(canvas: tuple[int, int], thick: int, tmp_path: Path) -> None:
    made = drawn(pattern("grid"), tmp_path, canvas=canvas)[0, ..., 0]
    assert set(np.unique(made)) == {0.0, 1.0}
    assert (made[thick + 1] == 1).sum() == 17 * thick
    assert (made[:, thick + 1] == 1).sum() == 10 * thick
    assert made[[0, -1]].all()
    assert made[:, [0, -1]].all()


def test_the_test_card_has_colours_greys_and_a_round_circle(tmp_path: Path) -> None:
    made = drawn(pattern("test"), tmp_path, canvas=(1920, 1080))[0]
    assert [at(made, 1 / 6 + (i + 0.5) / 12, 0.4)[0] for i in range(8)] == [255, 255, 0, 0, 255, 255, 0, 0]
    steps = [at(made, 1 / 6 + (i + 0.5) * 2 / 33, 0.6) for i in range(11)]
    assert steps == [(round(25.5 * i),) * 3 for i in range(11)]
    inside = made[540 - 485 : 540 - 475, 960, 0]
    assert inside.max() == 1.0
    y, x = np.nonzero(made[400:680, 960 - 500 : 960 - 440, 0] == 1)
    assert x.size > 0
    assert y.size > 0


def static(**members: Any) -> NoiseSource:
    return msgspec.convert(members, NoiseSource)


def test_static_is_a_function_of_seed_frame_and_pixel(tmp_path: Path) -> None:
    whole = drawn(static(seed=7, level=1), tmp_path, frames=12)
    later = drawn(static(seed=7, level=1), tmp_path, first=5, frames=4)
    assert np.array_equal(later, whole[5:9])
    early = drawn(static(seed=7, level=1), tmp_path, first=-3, frames=5)
    assert np.array_equal(early[3:], whole[:2])
    assert len({frame.tobytes() for frame in whole}) == 12
    assert not np.array_equal(drawn(static(seed=8, level=1), tmp_path)[0], whole[0])


def test_static_is_what_its_bytes_say(tmp_path: Path) -> None:
    made = drawn(static(seed=3, level=1), tmp_path, first=2)[0]
    plate = np.frombuffer(shake_128(b"3").digest(1024 * 1024), np.uint8).reshape(1024, 1024)
    corner = shake_128(b"3 2").digest(4)
    x, y = int.from_bytes(corner[:2], "little") % 1024, int.from_bytes(corner[2:], "little") % 1024
    rows, columns = np.arange(y, y + SIZE[1]) % 1024, np.arange(x, x + SIZE[0]) % 1024
    grey = plate[np.ix_(rows, columns)] / 255
    assert np.array_equal(made[..., 0], grey)
    assert np.array_equal(made[..., 1], grey)
    assert np.array_equal(made[..., 2], grey)


def test_level_is_the_peak_of_static(tmp_path: Path) -> None:
    half = drawn(static(level=0.5), tmp_path)
    assert half[..., :3].max() == pytest.approx(0.5, abs=0.01)
    assert half[..., :3].mean() == pytest.approx(0.25, abs=0.01)
    assert drawn(static(level=0), tmp_path)[..., :3].max() == 0


def test_static_of_half_the_size_is_that_of_the_whole_averaged(tmp_path: Path) -> None:
    whole = drawn(static(level=1), tmp_path, frames=2)
    half = drawn(static(level=1), tmp_path, frames=2, canvas=(80, 45))
    averaged = whole.reshape(2, 45, 2, 80, 2, 4).mean(axis=(2, 4))
    assert np.abs(half - averaged).max() < 1.6 / 255
