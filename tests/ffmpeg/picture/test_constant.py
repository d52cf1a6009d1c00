"""One frame of a colour, in every format that pictures are composed in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.picture.convert import constant
from tests.harness.commands import output_of


@pytest.mark.parametrize("color", ["#000000", "#FFFFFF", "#FF8001", "#FF800180", "#00000000", "#FFFFFF00"])
@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrap", "gbrp16le", "gbrap16le"])
def test_a_colour_is_itself_multiplied_by_its_alpha(color: str, pixel_format: str, tmp_path: Path) -> None:
    stream = node("format", constant(color, (16, 16), 25, pixel_format), pix_fmts=pixel_format)
    made = output_of(Command((Output((stream,), (("f", "rawvideo"),), "pipe:1"),)), tmp_path)
    kind, most = ("<u2", 65_535) if pixel_format.endswith("16le") else ("u1", 255)
    with_alpha = pixel_format.startswith("gbrap")
    red, green, blue, alpha = (int((color[1:] + "FF")[place : place + 2], 16) / 255 for place in (0, 2, 4, 6))
    factor = alpha if with_alpha else 1
    wanted = [round(value * factor * most) for value in (green, blue, red)] + (
        [round(alpha * most)] if with_alpha else []
    )
    planes = np.frombuffer(made, kind).reshape(len(wanted), -1)
    assert (planes == planes[:, :1]).all()
    # A level of 16 bits may lie half-way between two.
    assert np.abs(planes[:, 0].astype(int) - wanted).max() <= (most > 255)
