"""Small files of every awkward sort, as users have them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from sidecar.effects.picture.lut import SAMPLE
from tests.harness.media import make_clip, run_ffmpeg

LUT = "sample.cube"
PICTURES: dict[str, Fraction | None] = {
    "frames.mp4": Fraction(4, 5),
    "uneven.mp4": Fraction(4, 5),
    "alpha.png": None,
    "nine.webm": Fraction(3, 5),
    "fields.mp4": Fraction(3, 5),
    "turned.mp4": Fraction(2, 5),
    "deep.mkv": Fraction(2, 5),
    "late.mkv": Fraction(3, 5),
    "still.jpg": None,
    "moving.gif": Fraction(2, 5),
}
"""Seconds of each file with a picture; None: a still."""

SOUNDS: dict[str, Fraction] = {"six.wav": Fraction(1), "frames.mp4": Fraction(4, 5), "odd.flac": Fraction(1, 2)}
"""Seconds of each file with sound."""


def write_material(folder: Path) -> None:
    """Write all of them, and a table of colours."""
    make_clip(
        folder / "frames.mp4", seconds=Fraction(4, 5), size=(96, 54), picture="testsrc2", b_frames=3, audio="stereo"
    )
    make_clip(folder / "uneven.mp4", seconds=Fraction(4, 5), rate="30", size=(64, 48), variable=True)
    make_clip(
        folder / "nine.webm", seconds=Fraction(3, 5), rate="24", size=(80, 46), picture="testsrc2", codec="libvpx-vp9"
    )
    make_clip(folder / "fields.mp4", seconds=Fraction(3, 5), size=(96, 64), interlaced=True, audio="mono")
    make_clip(folder / "turned.mp4", seconds=Fraction(2, 5), rate="30000/1001", size=(64, 48), rotation=90)
    hdr = ("tv", "bt2020nc", "bt2020", "smpte2084")
    deep = ("-x265-params", "log-level=error")
    make_clip(
        folder / "deep.mkv",
        seconds=Fraction(2, 5),
        rate="50",
        size=(64, 64),
        codec="libx265",
        pixel_format="yuv420p10le",
        color=hdr,
        options=deep,
    )
    make_clip(folder / "late.mkv", seconds=Fraction(3, 5), size=(66, 50), start=5, pixel_aspect="4/3", audio="stereo")
    make_clip(folder / "still.jpg", seconds=1, size=(122, 50), picture="testsrc2")
    make_clip(folder / "moving.gif", seconds=Fraction(2, 5), rate="10", size=(50, 40), picture="testsrc2")
    make_clip(folder / "six.wav", seconds=1, picture=None, audio="5.1", sample_rate=44_100)
    make_clip(folder / "odd.flac", seconds=Fraction(1, 2), picture=None, audio="mono", sample_rate=22_050)
    veil = "color=red@0.5:s=60x44,format=rgba,geq=r='X*4':g='Y*5':b=90:a='255*X/W'"
    run_ffmpeg(["-f", "lavfi", "-i", veil, "-frames:v", "1", "-update", "1", f"file:{folder / 'alpha.png'}"])
    (folder / LUT).write_bytes(SAMPLE.written())
