"""How a GIF is made smaller: never into something larger."""

from __future__ import annotations

import pytest

from sidecar.ffmpeg.builder.gif_passes import Shape
from sidecar.services.preview.gif_shapes import smaller


@pytest.mark.parametrize("size", [(16, 16), (30, 64), (96, 48), (480, 270)])
@pytest.mark.parametrize("left", [0.001, 0.3, 0.5, 0.9])
def test_no_attempt_is_larger_than_the_one_before(size: tuple[int, int], left: float) -> None:
    shape = wanted = Shape(size, 1, 256, "bayer")
    tried = 0
    while (following := smaller(shape, wanted, 25.0, left)) is not None:
        assert following != shape
        assert (following.size[0] <= shape.size[0], following.size[1] <= shape.size[1]) == (True, True)
        assert (following.step >= shape.step, following.colors <= shape.colors) == (True, True)
        shape, tried = following, tried + 1
        assert tried < 50
    assert tried > 0
