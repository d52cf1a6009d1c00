"""Black in place of pictures that are damaged: black, and opaque to the last level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.picture.between import Form, blackened
from sidecar.ffmpeg.builder.picture.convert import RGB
from tests.harness.commands import output_of


@pytest.mark.parametrize(
    ("pixel_format", "bits"), [("gbrap", 8), ("gbrap10le", 10), ("gbrap12le", 12), ("gbrap16le", 16)]
)
def test_black_is_opaque_at_every_depth(pixel_format: str, bits: int, tmp_path: Path) -> None:
    shown = node("color", medium="video", c="#80FF40@0.3", s="16x16", r=25)
    shown = node("format", node("trim", shown, end_frame=1), pix_fmts=pixel_format)
    made = blackened(shown, Form(pixel_format, RGB, bits, straight=False))
    options = (("f", "rawvideo"), ("pix_fmt", pixel_format))
    planes = np.frombuffer(
        output_of(Command((Output((made,), options, "pipe:1"),)), tmp_path), "u1" if bits == 8 else "<u2"
    )
    colour, alpha = planes[: 3 * 256], planes[3 * 256 :]
    assert colour.max() == 0
    assert (alpha.min(), alpha.max()) == (2**bits - 1,) * 2
