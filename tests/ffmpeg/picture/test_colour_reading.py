"""Sources of every primaries and transfer land where an independent model says; `interpret` says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.project.export import PixelFormat
from sidecar.core.source import Primaries, SourceColor, Transfer
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture.colour import read
from sidecar.ffmpeg.builder.picture.convert import convert, formats
from sidecar.ffmpeg.builder.picture.picture import Picture
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.thumbnails import Thumbnails, build_thumbnails
from sidecar.services.media.reader import probe_file
from tests.ffmpeg.picture.light import (
    CHROMATICITIES,
    Floats,
    displayed,
    hlg_light,
    pq_light,
    pq_signal,
    srgb_light,
    tone_mapped,
)
from tests.ffmpeg.picture.planes import through
from tests.ffmpeg.picture.test_colour_depth import encoded
from tests.harness.commands import run_command
from tests.harness.media import decode_rgb, make_clip
from tests.harness.rendering import clip, project, raw_frames

SIDE = 48
EIGHT: PixelFormat = "yuv444p"
TEN: PixelFormat = "yuv444p10le"


def noise() -> Floats:
    """Greys first, then any colours."""
    values = np.random.default_rng(7).random((1, 3, SIDE, SIDE))
    values[0, :, 0, :] = np.linspace(0, 1, SIDE)
    return np.rint(values * 65535) / 65535


def as_read(frame: Floats, color: SourceColor, final: PixelFormat, work: Path, *, alpha: bool = False) -> Floats:
    """Read R'G'B' of 16 bits into the working format of an export; rows of R, G, B (and alpha)."""
    chosen = formats(final)
    made = chosen.alpha if alpha else chosen.full

    def build(stream: Stream, files: SideFiles) -> Stream:
        picture = read(Picture(stream, color, (SIDE, SIDE), alpha, straight=True, bits=16), chosen, files)
        return convert(picture.stream, made, color=picture.color)

    found = through(frame, "gbrap16le" if alpha else "gbrp16le", build, made, work)
    return rows(found)


def rows(frame: Floats) -> Floats:
    lined: Floats = frame[0].reshape(frame.shape[1], -1).T
    return lined


@pytest.mark.parametrize("final", [EIGHT, TEN])
@pytest.mark.parametrize("primaries", list(CHROMATICITIES))
def test_primaries_are_converted_in_displayed_light(primaries: Primaries, final: PixelFormat, tmp_path: Path) -> None:
    frame = noise()
    found = as_read(frame, SourceColor("full", "rgb", primaries, "bt709"), final, tmp_path)
    wanted = displayed(rows(frame) ** 2.4, primaries)
    assert np.abs(found - wanted).max() * formats_most(final) <= 0.55


def formats_most(final: PixelFormat) -> int:
    return 1023 if formats(final).deep else 255


@pytest.mark.parametrize("final", [EIGHT, TEN])
@pytest.mark.parametrize(("transfer", "peak"), [("pq", None), ("pq", 4000.0), ("hlg", None)])
def test_high_dynamic_range_is_tone_mapped(
    transfer: Transfer, peak: float | None, final: PixelFormat, tmp_path: Path
) -> None:
    frame = noise()
    found = as_read(frame, SourceColor("full", "rgb", "bt2020", transfer, peak), final, tmp_path)
    signal = rows(frame)
    light = pq_light(signal) if transfer == "pq" else hlg_light(signal)
    wanted = displayed(tone_mapped(light, peak or 1000), "bt2020")
    off = np.abs(found - wanted) * 255
    assert off[:SIDE].max() <= 0.75, "greys"
    assert np.quantile(off, 0.99) <= 0.75
    assert off.max() <= 9, "where the gamut is cut"


def test_what_stays_below_white_is_not_bent(tmp_path: Path) -> None:
    frame = noise()
    found = as_read(frame, SourceColor("full", "rgb", "bt709", "pq", 150.0), TEN, tmp_path)
    light = pq_light(rows(frame))
    below = light.max(axis=1) < 150
    assert np.abs(found - (light / 203).clip(0, 1) ** (1 / 2.4))[below].max() * 255 <= 0.75


@pytest.mark.parametrize("peak", [-5.0, 1e-9, 1e12])
def test_a_peak_that_cannot_be_true_does_no_harm(peak: float, tmp_path: Path) -> None:
    found = as_read(noise(), SourceColor("full", "rgb", "bt2020", "pq", peak), EIGHT, tmp_path)
    assert found[0, 1] == 0
    assert found[SIDE - 1, 1] == pytest.approx(1, abs=0.01)
    assert (np.diff(found[:SIDE, 1]) >= 0).all()


def test_the_levels_that_the_standards_name(tmp_path: Path) -> None:
    """Black, 50, 100 and 203 cd/m², and the peak, of PQ and of HLG, as greys."""
    names = {"pq": pq_signal(np.array([0.0, 50, 100, 203, 1000])), "hlg": np.array([0.0, 0.5, 0.5, 0.75, 1.0])}
    for transfer, signals in names.items():
        frame = np.zeros((1, 3, SIDE, SIDE))
        frame[0, :, 0, :5] = signals
        color = SourceColor("full", "rgb", "bt2020", "pq" if transfer == "pq" else "hlg")
        found = as_read(frame, color, EIGHT, tmp_path)[:5, 1] * 255
        wanted = {"pq": (0, 142.2, 189.3, 230.3, 255), "hlg": (0, 142.7, 142.7, 230.3, 255)}[transfer]
        assert found == pytest.approx(wanted, abs=0.8), transfer


def test_values_of_rgb_are_taken_as_they_are(tmp_path: Path) -> None:
    """Of 16 bits to the nearest of 8, whatever of sRGB and BT.709 they are called."""
    frame = noise()
    for transfer in ("srgb", "bt709"):
        color = SourceColor("full", "rgb", "bt709", "srgb" if transfer == "srgb" else "bt709")
        assert np.abs(as_read(frame, color, EIGHT, tmp_path) - rows(frame)).max() * 255 <= 0.501
        assert np.array_equal(as_read(frame, color, TEN, tmp_path), rows(frame))


def test_alpha_stays_as_it_is(tmp_path: Path) -> None:
    frame = np.concatenate([noise(), np.linspace(0, 1, SIDE)[None, None, None, :].repeat(SIDE, axis=2)], axis=1)
    found = as_read(frame, SourceColor("full", "rgb", "bt2020", "bt709"), TEN, tmp_path, alpha=True)
    assert np.abs(found[:, 3] - rows(frame)[:, 3]).max() * 65535 <= 1
    seen = found[:, 3] > 0
    off = np.abs(found[:, :3] - displayed(rows(frame)[:, :3] ** 2.4, "bt2020"))[seen]
    assert off.max() * 1023 <= 0.55


def one(raw: dict[str, Any], work: Path) -> Floats:
    frame = raw_frames(raw, work)[0].astype(float)
    mean: Floats = frame[40:56, 80:112].mean(axis=(0, 1))
    return mean


COLOR = np.array([[200, 120, 40]]) / 255


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One colour in many matrices, ranges, primaries and transfers, each file tagged as it is."""
    folder = tmp_path_factory.mktemp("tagged")
    for name, tags in (
        ("full.mkv", ("pc", "bt709", "bt709", "bt709")),
        ("sd.mkv", ("tv", "smpte170m", "smpte170m", "smpte170m")),
        ("pal.mkv", ("tv", "bt470bg", "bt470bg", "smpte170m")),
        ("wide.mkv", ("tv", "bt2020nc", "bt2020", "bt709")),
        ("p3.mkv", ("tv", "bt709", "smpte432", "bt709")),
        ("srgb.mkv", ("tv", "bt709", "bt709", "iec61966-2-1")),
        ("pq.mkv", ("tv", "bt2020nc", "bt2020", "smpte2084")),
        ("hlg.mkv", ("tv", "bt2020nc", "bt2020", "arib-std-b67")),
    ):
        matrix = {"bt709": "bt709", "bt2020nc": "bt2020"}.get(tags[1], "bt601")
        planes = encoded(COLOR.T[None, :, :, None], matrix, 10, full=tags[0] == "pc").ravel()
        levels = ":".join(f"c{plane}={value:.0f}" for plane, value in enumerate(planes))
        make_clip(
            folder / name,
            seconds=0.08,
            picture="#808080",
            codec="ffv1",
            pixel_format="yuv444p10le",
            filters=f"format=yuv444p10le,lut={levels}",
            color=tags,
        )
    return folder


def wanted_of(primaries: str, transfer: str) -> Floats:
    light = {
        "bt709": lambda: COLOR**2.4,
        "srgb": lambda: srgb_light(COLOR),
        "pq": lambda: tone_mapped(pq_light(COLOR), 1000),
        "hlg": lambda: tone_mapped(hlg_light(COLOR), 1000),
    }[transfer]()
    mapped: Floats = displayed(light, primaries)[0] * 255
    return mapped


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p", "yuv420p10le", "gbrp"])
@pytest.mark.parametrize(
    ("name", "primaries", "transfer"),
    [
        ("full.mkv", "bt709", "bt709"),
        ("sd.mkv", "bt601", "bt709"),
        ("pal.mkv", "bt601-625", "bt709"),
        ("wide.mkv", "bt2020", "bt709"),
        ("p3.mkv", "display-p3", "bt709"),
        ("srgb.mkv", "bt709", "srgb"),
        ("pq.mkv", "bt2020", "pq"),
        ("hlg.mkv", "bt2020", "hlg"),
    ],
)
def test_files_land_where_their_tags_say(
    name: str, primaries: str, transfer: str, pixel_format: str, media: Path
) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": pixel_format}}
    found = one(project({"clips": [clip(name, 0, 0.04)]}, export=export), media)
    assert found == pytest.approx(wanted_of(primaries, transfer), abs=2)


@pytest.mark.parametrize(
    ("interpret", "primaries", "transfer"),
    [
        ({"primaries": "bt601"}, "bt601", "bt709"),
        ({"primaries": "bt2020"}, "bt2020", "bt709"),
        ({"transfer": "srgb"}, "bt709", "srgb"),
        ({"transfer": "pq"}, "bt709", "pq"),
        ({"transfer": "hlg", "primaries": "bt2020"}, "bt2020", "hlg"),
    ],
)
def test_interpret_says_otherwise(interpret: dict[str, str], primaries: str, transfer: str, media: Path) -> None:
    entry = {"id": "m", "path": "full.mkv", "interpret": interpret}
    raw = project({"clips": [clip({"kind": "file", "media": "m"}, 0, 0.04)]}, media=[entry])
    assert one(raw, media) == pytest.approx(wanted_of(primaries, transfer), abs=2)
    plain = project({"clips": [clip("full.mkv", 0, 0.04)]})
    assert np.abs(one(plain, media) - one(raw, media)).max() > 3


def test_interpret_of_matrix_and_range(media: Path) -> None:
    """The levels of a limited BT.601 picture, said to be full or of BT.709, are read as such."""
    planes = encoded(COLOR.T[None, :, :, None], "bt601", 8, full=False).ravel()
    y, cb, cr = planes
    readings = {
        "range": (y / 255, (cb - 128) / 255, (cr - 128) / 255, 0.299, 0.114),
        "matrix": ((y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224, 0.2126, 0.0722),
    }
    for member, (luma, blue, red, kr, kb) in readings.items():
        r, b = luma + (2 - 2 * kr) * red, luma + (2 - 2 * kb) * blue
        wanted = np.clip([r, (luma - kr * r - kb * b) / (1 - kr - kb), b], 0, 1) * 255
        said = {"range": "full", "matrix": "bt601"} if member == "range" else {"matrix": "bt709"}
        entry = {"id": "m", "path": "sd.mkv", "interpret": {"primaries": "bt709", **said}}
        raw = project({"clips": [clip({"kind": "file", "media": "m"}, 0, 0.04)]}, media=[entry])
        assert one(raw, media) == pytest.approx(wanted, abs=2.5), member


def test_primaries_of_576_lines_are_those_of_625(tmp_path: Path) -> None:
    make_clip(tmp_path / "pal.mkv", seconds=0.04, size=(96, 576), picture="#C87828", codec="ffv1")
    make_clip(tmp_path / "ntsc.mkv", seconds=0.04, size=(96, 480), picture="#C87828", codec="ffv1")
    for name, primaries in (("pal.mkv", "bt601-625"), ("ntsc.mkv", "bt601")):
        entry = {"id": "m", "path": name, "interpret": {"primaries": "bt601"}}
        raw = project({"clips": [clip({"kind": "file", "media": "m"}, 0, 0.04, fit="stretch")]}, media=[entry])
        assert one(raw, tmp_path) == pytest.approx(wanted_of(primaries, "bt709"), abs=2.5), name


def test_thumbnails_are_of_the_same_colour(media: Path, tmp_path: Path) -> None:
    for name, primaries, transfer in (("hlg.mkv", "bt2020", "hlg"), ("sd.mkv", "bt601", "bt709")):
        facts = probe_file((media / name).resolve(), "keyframes").facts
        assert facts is not None
        wanted = Thumbnails(path=str(media / name), format="png", times=[0], width=192)
        run_command(build_thumbnails(wanted, facts, str(tmp_path / f"{name}.png")), tmp_path)
        picture = decode_rgb(next(tmp_path.glob(f"{name}*.png")))[0]
        assert picture[48, 96] == pytest.approx(wanted_of(primaries, transfer), abs=2), name


def test_the_peak_is_that_of_the_mastering_display(tmp_path: Path) -> None:
    """A grey of 1000 cd/m² is white in a picture mastered at 1000, and darker in one mastered at 4000."""
    level = round(64 + 876 * float(pq_signal(np.array(1000.0))))
    found = {}
    for peak in (1000, 4000):
        display = f"G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L({peak}0000,1)"
        make_clip(
            tmp_path / f"{peak}.mp4",
            seconds=0.2,
            codec="libx265",
            pixel_format="yuv420p10le",
            picture="#808080",
            filters=f"format=yuv420p10le,lut=c0={level}:c1=512:c2=512",
            color=("tv", "bt2020nc", "bt2020", "smpte2084"),
            options=["-x265-params", f"log-level=error:hdr-opt=1:repeat-headers=1:master-display={display}"],
        )
        found[peak] = one(project({"clips": [clip(f"{peak}.mp4", 0, 0.04)]}), tmp_path)
        mapped = tone_mapped(np.full((1, 3), 1000.0), peak)
        assert found[peak] == pytest.approx(displayed(mapped, "bt2020")[0] * 255, abs=2), peak
    assert found[1000].min() > 253 > found[4000].max()
