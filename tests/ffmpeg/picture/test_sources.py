"""Files of every kind on one timeline: alpha, depth, stills, interlacing, primaries, colour controls, titles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Color
from sidecar.ffmpeg.builder.picture.channel import curve
from sidecar.ffmpeg.builder.picture.grade import mixing
from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames

RGB = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "gbrp"}}
DEEP = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv444p10le"}}


def one(
    folder: Path,
    *tracks: dict[str, Any],
    export: dict[str, Any] = RGB,
    size: tuple[int, int] = (192, 96),
    **members: Any,
) -> NDArray[Any]:
    frame: NDArray[Any] = raw_frames(project(*tracks, export=export, size=size, **members), folder)[0].astype(int)
    return frame


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    half = "format=rgba,colorchannelmixer=aa=0.5,drawbox=x=0:y=0:w=iw/2:h=ih:color=blue@0:t=fill:replace=1"
    make_clip(folder / "alpha.png", size=(96, 96), picture="#FF0000", filters=half)
    make_clip(
        folder / "alpha.webm",
        seconds=0.2,
        size=(96, 96),
        picture="#FF0000",
        pixel_format="yuva420p",
        filters=half + ",format=yuva420p",
    )
    make_clip(
        folder / "photo.jpg",
        size=(97, 61),
        picture="#C87828",
        filters="format=gbrp,scale=out_color_matrix=bt601:out_range=full,format=yuvj444p",
    )
    make_clip(
        folder / "ramp.mkv",
        seconds=0.08,
        size=(256, 64),
        picture="color",
        codec="ffv1",
        pixel_format="gbrp",
        filters="format=gbrp,geq=r='X':g='255-X':b='(X*7)-256*floor(X*7/256)'",
    )
    make_clip(
        folder / "ten.mkv",
        seconds=0.08,
        size=(192, 96),
        picture="#C87828",
        codec="ffv1",
        pixel_format="yuv420p10le",
        filters="format=gbrp,scale=out_color_matrix=bt601,format=yuv420p10le",
    )
    return folder


@pytest.mark.parametrize("export", [RGB, DEEP])
@pytest.mark.parametrize("name", ["alpha.png", "alpha.webm"])
def test_alpha_lets_through(name: str, export: dict[str, Any], media: Path) -> None:
    below = {"clips": [clip("#00FF00", 0, 0.04)]}
    frame = one(media, below, {"clips": [clip(name, 0, 0.04)]}, export=export)
    assert frame[48, 60] == pytest.approx((0, 255, 0), abs=3)
    assert frame[48, 130] == pytest.approx((127, 128, 0), abs=5)
    turned = {"scaleX": 0.9, "scaleY": 0.9, "rotation": 7}
    frame = one(media, below, {"clips": [clip(name, 0, 0.04, transform=turned)]}, export=export)
    assert frame[48, 65] == pytest.approx((0, 255, 0), abs=3)
    assert frame[48, 125] == pytest.approx((127, 128, 0), abs=6)
    graded = one(media, below, {"clips": [clip(name, 0, 0.04, color={"brightness": -0.5})]}, export=export)
    assert graded[48, 130] == pytest.approx((64, 128, 0), abs=6)


def test_alpha_can_be_ignored_or_taken_as_multiplied(media: Path) -> None:
    below = {"clips": [clip("#00FF00", 0, 0.04)]}
    half = "format=rgba,colorchannelmixer=aa=0.5"
    make_clip(media / "dark.png", size=(96, 96), picture="#780000", filters=half)
    for alpha, wanted in (("ignore", (120, 0, 0)), ("premultiplied", (120, 127, 0)), ("straight", (60, 127, 0))):
        entry = {"id": "m", "path": "dark.png", "interpret": {"alpha": alpha}}
        frame = one(media, below, {"clips": [clip({"kind": "file", "media": "m"}, 0, 0.04)]}, media=[entry])
        assert frame[48, 130] == pytest.approx(wanted, abs=3), alpha


def test_stills_hold(media: Path) -> None:
    raw = project({"clips": [clip("photo.jpg", 0, 2, sourceStart=3, fit="stretch")]}, export=RGB)
    frames = raw_frames(raw, media).astype(int)
    assert len(frames) == 50
    assert (frames == frames[0]).all()
    assert frames[0, 48, 96] == pytest.approx((200, 120, 40), abs=3)


@pytest.mark.parametrize("export", [RGB, DEEP])
def test_ten_bit_sources_and_exports(export: dict[str, Any], media: Path) -> None:
    sized = {"transform": {"scaleX": 0.5}}
    for members in ({}, sized, {"transform": {"scaleX": 0.7, "scaleY": 0.7, "rotation": 3}}, {"color": {"hue": 0.001}}):
        frame = one(media, {"clips": [clip("ten.mkv", 0, 0.04, **members)]}, export=export)
        assert frame[48, 96] == pytest.approx((200, 120, 40), abs=3), members


def test_deep_exports_fade(media: Path) -> None:
    raw = project(
        {
            "clips": [clip("#FF0000", 0, 0.4, id="a", fadeIn=0.2), clip("#0000FF", 0.4, 0.4, id="b", opacity=0.5)],
            "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.2}],
        },
        {"clips": [clip("ten.mkv", 0.72, 0.08, transform={"scaleX": 0.5, "scaleY": 0.5})]},
        export={"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv420p10le"}},
    )
    frames = raw_frames(raw, media).astype(int)
    for number, wanted in (
        (0, (0, 0, 0)),
        (2, (102, 0, 0)),
        (6, (255, 0, 0)),
        (8, (255, 0, 0)),
        (10, (127, 0, 64)),
        (12, (0, 0, 128)),
    ):
        assert frames[number, 20, 20] == pytest.approx(wanted, abs=3), number
    assert frames[19, 48, 96] == pytest.approx((200, 120, 40), abs=3)


def test_interlaced_sources_become_whole_frames(tmp_path: Path) -> None:
    """Fields of two moments: woven they comb, whole they do not, and the numbers stay in order."""
    make_clip(
        tmp_path / "woven.mkv",
        seconds=1,
        size=(192, 96),
        picture="testsrc2",
        codec="mpeg2video",
        rate="50",
        filters="tinterlace=interleave_top,fieldorder=tff",
        interlaced=True,
        options=("-r", "25"),
    )
    clips = [clip("woven.mkv", 0, 0.6)]
    whole = raw_frames(project({"clips": clips}), tmp_path).astype(int)
    entry = {"id": "m", "path": "woven.mkv", "interpret": {"deinterlace": "off"}}
    woven = raw_frames(
        project({"clips": [clip({"kind": "file", "media": "m"}, 0, 0.6)]}, media=[entry]), tmp_path
    ).astype(int)

    def combing(frames: NDArray[Any]) -> float:
        luma = frames[2:13].mean(axis=3)
        between = np.abs(luma[:, 1:-1] - (luma[:, :-2] + luma[:, 2:]) / 2).mean()
        return float(between / np.abs(luma[:, 2:] - luma[:, :-2]).mean())

    assert combing(whole) < 0.75 * combing(woven)


def test_primaries_of_bt2020_are_taken_to_bt709(tmp_path: Path) -> None:
    """(200, 120, 40) in BT.2020 is (236, 104, 0) in BT.709: by the matrices of the primaries, in displayed light."""
    make_clip(
        tmp_path / "wide.mkv",
        seconds=0.08,
        size=(192, 96),
        picture="#C87828",
        codec="ffv1",
        pixel_format="yuv444p",
        filters="format=gbrp,scale=out_color_matrix=bt2020:out_range=limited,format=yuv444p",
        color=("tv", "bt2020nc", "bt2020", "bt709"),
    )
    frame = one(tmp_path, {"clips": [clip("wide.mkv", 0, 0.04)]})
    assert frame[48, 96] == pytest.approx((236, 104, 0), abs=2)


GRADES: list[dict[str, float]] = [
    {"brightness": 0.1, "contrast": 1.3},
    {"saturation": 0},
    {"saturation": 1.5, "hue": 40},
    {"saturation": 4},
    {"hue": -120},
    {"gamma": 2.2},
    {"gamma": 0.5, "contrast": 0.7, "brightness": -0.1, "saturation": 0.5},
    {"temperature": 0.6, "tint": -0.4},
    {"blacks": 1, "whites": -1},
    {"shadows": 0.8, "highlights": -0.7},
]


def reference(values: NDArray[np.float64], grade: dict[str, float]) -> NDArray[np.float64]:
    """docs/project.md §4, step 8, on R′G′B′ of 0–1, in floats."""
    g = {
        "temperature": 0.0,
        "tint": 0.0,
        "blacks": 0.0,
        "whites": 0.0,
        "shadows": 0.0,
        "highlights": 0.0,
        "contrast": 1.0,
        "brightness": 0.0,
        "gamma": 1.0,
        "saturation": 1.0,
        "hue": 0.0,
        **grade,
    }
    v = values * np.array([1 + 0.3 * g["temperature"], 1 - 0.3 * g["tint"], 1 - 0.3 * g["temperature"]])
    for name in ("blacks", "whites", "shadows", "highlights"):
        x = np.clip(v, 0, 1)
        weights = {
            "blacks": (1 - x) ** 4,
            "whites": x**4,
            "shadows": 6.75 * x * (1 - x) ** 2,
            "highlights": 6.75 * (1 - x) * x**2,
        }
        v = v + 0.25 * g[name] * weights[name]
    v = (v - 0.5) * g["contrast"] + 0.5 + g["brightness"]
    v = np.where(g["gamma"] != 1, np.maximum(v, 0) ** (1 / g["gamma"]), v)
    v = np.clip(v, 0, 1)
    kr, kg, kb = 0.2126, 0.7152, 0.0722
    luma = v @ np.array([kr, kg, kb])
    v = g["saturation"] * v + (1 - g["saturation"]) * luma[..., None]
    y = v @ np.array([kr, kg, kb])
    cb, cr = (v[..., 2] - y) / (2 - 2 * kb), (v[..., 0] - y) / (2 - 2 * kr)
    angle = np.radians(g["hue"])
    cb, cr = np.cos(angle) * cb - np.sin(angle) * cr, np.sin(angle) * cb + np.cos(angle) * cr
    red, blue = y + (2 - 2 * kr) * cr, y + (2 - 2 * kb) * cb
    graded: NDArray[np.float64] = np.clip(np.stack([red, (y - kr * red - kb * blue) / kg, blue], axis=-1), 0, 1)
    return graded


@pytest.mark.parametrize("grade", GRADES)
def test_colour_controls(grade: dict[str, float], media: Path) -> None:
    plain = one(media, {"clips": [clip("ramp.mkv", 0, 0.04)]}, size=(256, 64))
    found = one(media, {"clips": [clip("ramp.mkv", 0, 0.04, color=grade)]}, size=(256, 64))
    wanted = reference(plain / 255, grade) * 255
    assert np.abs(found - wanted).max() <= 2.6


def test_neutral_controls_are_no_filters() -> None:
    assert curve(Color(), "r") == "val"
    assert np.allclose(mixing(Color()), np.eye(3))


def test_titles_are_burned_or_laid(tmp_path: Path) -> None:
    title = {
        "kind": "title",
        "text": "MMMM",
        "style": {"fontSize": 40, "color": "#FF0000", "outlineWidth": 0, "shadowX": 0, "shadowY": 0},
        "position": {"x": 0.5, "y": 0.5},
    }
    below = {"clips": [clip("#FFFFFF", 0, 0.04)]}
    burned = one(tmp_path, below, {"clips": [clip(title, 0, 0.04)]})
    red = (burned[:, :, 1] < 30) & (burned[:, :, 0] > 230)
    assert red.sum() > 300
    laid = one(tmp_path, below, {"clips": [clip(title, 0, 0.04, transform={"x": 0.5 + 1 / 192 * 10})]})
    assert np.abs(laid[:, 30:] - burned[:, 20:-10]).max() <= 4, "moved by ten pixels, the same picture"
    plain = one(
        tmp_path,
        below,
        {"clips": [clip(title, 0, 0.04)]},
        export={"container": "mkv", "audio": None, "video": {"codec": "ffv1"}},
    )
    assert ((plain[:, :, 1] < 60) & (plain[:, :, 0] > 200)).sum() > 150
    faded = one(tmp_path, below, {"clips": [clip(title, 0, 0.04, opacity=0.5)]})
    assert np.abs(faded - (burned + 255) / 2).max() <= 2


def test_cues_are_burned_above_everything_unless_told_otherwise(tmp_path: Path) -> None:
    cues = {"kind": "subtitle", "style": {"fontSize": 30}, "cues": [{"start": 0.04, "end": 0.08, "text": "MMMMMM"}]}
    tracks: list[dict[str, Any]] = [cues, {"clips": [clip("#0000FF", 0, 0.12)]}]
    frames = raw_frames(project(*tracks, export=RGB), tmp_path)
    lit = [(frame.min(axis=2) > 200).sum() for frame in frames]
    assert lit[0] == lit[2] == 0
    assert lit[1] > 100
    silent = raw_frames(project(*tracks, export={**RGB, "subtitles": "none"}), tmp_path)
    assert (silent == silent[0]).all()


def test_a_source_that_ends_early_holds_its_last_frame(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", seconds=1, rate="25", picture="testsrc2")
    move = {"type": "fade", "from": "a", "to": "b", "duration": 0.8}
    raw = project({"clips": [clip("a.mp4", 0, 1, id="a"), clip("a.mp4", 1, 1, id="b")], "transitions": [move]})
    frames = raw_frames(raw, tmp_path)
    assert len(frames) == 50
