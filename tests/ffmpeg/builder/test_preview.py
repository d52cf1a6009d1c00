"""Previews as images: what is written, at which size, and what their keys tell apart."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.preview import preview_key
from tests.harness.feeding import command_of, composed_of, images_of
from tests.harness.measures import ssim
from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames, render, timeline_of

SIZE = (192, 96)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    make_clip(folder / "a.mp4", picture="testsrc2", gop=12, b_frames=2)
    make_clip(folder / "b.webm", picture="testsrc2", size=(120, 160), rate="30000/1001")
    return folder


def layered(shift: str = "0", **members: Any) -> dict[str, Any]:
    """Three layers, all later by `shift`: a transition, a picture in a corner that leaves echoes, a title; and a cue."""

    def at(start: str) -> str:
        return str(Fraction(start) + Fraction(shift))

    below = {
        "clips": [
            clip("a.mp4", at("0"), "10/25", id="one", sourceStart=0.2),
            clip("b.webm", at("10/25"), "10/25", id="two", sourceStart=0.3, fit="cover"),
        ],
        "transitions": [{"type": "wipeleft", "from": "one", "to": "two", "duration": "4/25"}],
    }
    place = {
        "scaleX": 0.4,
        "scaleY": 0.4,
        "x": 0.75,
        "y": {"keyframes": [{"time": 0, "value": 0.3}, {"time": 0.5, "value": 0.6}]},
    }
    echo = {"type": "echo", "parameters": {"echoes": 2, "spacing": 2}}
    corner = clip("a.mp4", at("2/25"), "14/25", transform={**place, "rotation": 7}, effects=[echo])
    title = clip({"kind": "title", "text": "Title"}, at("4/25"), "12/25", fadeIn=0.2)
    cues = {
        "kind": "subtitle",
        "cues": [{"start": float(Fraction(at("5/25"))), "end": float(Fraction(at("15/25"))), "text": "cue"}],
    }
    return project(below, {"clips": [corner]}, {"clips": [title]}, cues, **members)


def burned(**video: Any) -> dict[str, Any]:
    """An export with its cues in the picture."""
    return {"container": "mkv", "audio": None, "subtitles": "burn", "video": {"codec": "ffv1", **video}}


def picture(data: bytes, pixel_format: str = "rgb24") -> NDArray[Any]:
    """Decode an image."""
    with av.open(io.BytesIO(data), "r") as container:
        return next(container.decode(video=0)).to_ndarray(format=pixel_format)


def test_frames_of_a_layered_project(base: Path) -> None:
    raw = layered(export=burned())
    rendered = raw_frames(raw, base, pixel_format="yuv420p")
    assert composed_of(raw, base, window=(0, 20)) == rendered.tobytes()
    for frame in (0, 8, 11, 12, 19):
        assert composed_of(raw, base, window=(frame, frame + 1)) == rendered[frame].tobytes(), frame


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le", "yuva420p"])
def test_a_png_is_that_of_an_export_of_pictures(pixel_format: str, base: Path, tmp_path: Path) -> None:
    raw = layered(background="#20406080", export=burned(codec="png", pixelFormat=pixel_format))
    render(raw, base, tmp_path / "frames.mkv")
    wanted = "rgba64be" if "a" in pixel_format else "rgb48be"
    with av.open(str(tmp_path / "frames.mkv")) as container:
        frames = [frame.to_ndarray(format=wanted) for frame in container.decode(video=0)]
    for frame in (0, 9, 15):
        (image,) = images_of(composed_of(raw, base, window=(frame, frame + 1), image=("png", 0)), "png")
        assert np.array_equal(picture(image, wanted), frames[frame]), frame


@pytest.mark.parametrize(("kind", "least"), [("jpeg", 0.97), ("webp", 0.95), ("png", 1.0)])
def test_images_come_one_by_one(kind: Any, least: float, base: Path) -> None:
    raw = layered(export=burned())
    shown = np.frombuffer(composed_of(raw, base, window=(5, 9), image="rgb"), np.uint8).reshape(4, 96, 192, 3)
    images = images_of(composed_of(raw, base, window=(5, 9), image=(kind, 95)), kind, 5)
    assert len(images) == 4
    for image, wanted in zip(images, shown, strict=True):
        found = picture(image).astype(float)
        assert ssim(found / 255, wanted / 255) >= least
        # A wrong matrix or range moves whole colours.
        assert np.abs(found.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() < 1.5


def test_half_the_size(base: Path) -> None:
    raw = layered(export=burned())
    for frame in (3, 12):
        full = np.frombuffer(composed_of(raw, base, window=(frame, frame + 1), image="rgb"), np.uint8).reshape(
            96, 192, 3
        )
        half = composed_of(raw, base, window=(frame, frame + 1), image="rgb", size=(96, 48))
        reduced = full.reshape(48, 2, 96, 2, 3).mean(axis=(1, 3))
        assert ssim(np.frombuffer(half, np.uint8).reshape(48, 96, 3) / 255, reduced / 255) >= 0.97


def test_another_shape_has_bars(base: Path) -> None:
    raw = layered(background="#FF0000")
    tall = np.frombuffer(composed_of(raw, base, window=(3, 4), size=(192, 192)), np.uint8)[: 192 * 192]
    whole = np.frombuffer(composed_of(raw, base, window=(3, 4)), np.uint8)[: 192 * 96]
    red = np.full((48, 192), 63, np.uint8)
    assert np.array_equal(tall.reshape(192, 192), np.vstack([red, whole.reshape(96, 192), red]))


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuva420p", "gbrp"])
def test_past_the_end_is_the_background(pixel_format: str, base: Path) -> None:
    raw = project(
        {"clips": [clip("#204060", "5/25", "2/25")]}, background="#80A0C0", export=burned(pixelFormat=pixel_format)
    )
    empty = raw_frames(raw, base, pixel_format=pixel_format)[0].tobytes()
    assert composed_of(raw, base, window=(40, 42)) == 2 * empty
    last = raw_frames(raw, base, pixel_format=pixel_format)[6].tobytes()
    assert composed_of(raw, base, window=(6, 8)) == last + empty
    assert (
        composed_of(project(background="#80A0C0", export=burned(pixelFormat=pixel_format)), base, window=(0, 1))
        == empty
    )


def test_jpeg_shows_what_is_transparent_over_black(base: Path) -> None:
    raw = project(
        {"clips": [clip("#FF0000", 0, 1, opacity=0.5)]}, background="#00000000", export=burned(pixelFormat="yuva420p")
    )
    (image,) = images_of(composed_of(raw, base, window=(0, 1), image=("jpeg", 95)), "jpeg")
    assert np.abs(picture(image)[48, 96].astype(int) - (128, 0, 0)).max() <= 4
    clear = np.frombuffer(composed_of(raw, base, window=(0, 1), image="rgba"), np.uint8)[:4]
    assert np.abs(clear.astype(int) - (255, 0, 0, 128)).max() <= 2


def key_of(raw: Any, base: Path, frame: int, **how: Any) -> str:
    timeline = timeline_of(raw, base)
    prints = {str(base / name): name for name in ("a.mp4", "b.webm")}
    return preview_key(command_of(timeline, window=(frame, frame + 1), **how), prints, "9")


def test_a_key_is_of_the_picture_not_of_its_place(base: Path) -> None:
    moved = layered("7/25")
    for frame in (1, 6, 11, 17):
        assert key_of(moved, base, frame + 7) == key_of(layered(), base, frame)
    assert len({key_of(layered(), base, frame) for frame in range(20)}) == 20


def test_a_key_tells_pictures_apart(base: Path) -> None:
    raw = layered()
    told = key_of(raw, base, 6)
    raw["tracks"][0]["clips"][0]["sourceStart"] = 0.24
    assert key_of(raw, base, 6) != told
    assert key_of(layered(background="#FF0000"), base, 6) == told, "nothing of the background is seen"
    images: list[Any] = ["rgb", "rgba", ("jpeg", 80), ("jpeg", 20), ("webp", 80), ("png", 0)]
    keys = [
        told,
        key_of(layered(), base, 6, size=(96, 48)),
        *(key_of(layered(), base, 6, image=image) for image in images),
    ]
    assert len(set(keys)) == len(keys)


def test_what_is_not_seen_is_not_fed(base: Path) -> None:
    hidden = [{"clips": [clip("a.mp4", 0, 1)]}, {"clips": [clip("b.webm", 0, 1, fit="cover")]}]
    timeline = timeline_of(project(*hidden), base)
    feeds = command_of(timeline, window=(3, 4)).feeds
    assert [Path(feed.path).name for feed in feeds] == ["b.webm"]
    assert [len(feed.ticks) for feed in feeds] == [1]
    assert not command_of(timeline, window=(3, 4), fed=False).feeds
