"""Blending two streams frame by frame: the one operation behind opacity, fades and cross-fades.

With an opaque base, base under a layer at opacity f is the mean of base and base-with-layer, weighted by f: so no alpha
plane has to be carried. `mix` rounds to nearest, where xfade and blend cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, node


def mixed(base: Stream, top: Stream, weights: Sequence[float], rate: Fraction, name: str) -> Stream:
    """Mix two streams that both count their frames from 0; `weights` hold the part of `top`, one a frame.

    `name` tells this filter from all others of the graph: its weights are sent to it before each frame.
    """
    filter_name = f"mix@{name}"
    changing = any(weight != weights[0] for weight in weights)
    if changing:
        commands = ";\n".join(
            f"{_before(number, rate)} {filter_name} weights '{_pair(weight)}'"
            for number, weight in enumerate(weights)
            if number == 0 or weight != weights[number - 1]
        )
        base = node("sendcmd", base, commands=commands)
    arguments = (
        ("inputs", 2),
        ("weights", _pair(weights[0])),
        ("scale", 1),
        ("duration", "first"),
    )
    return Pad(Node(filter_name, arguments, (base, top), "video"))


def _pair(weight: float) -> str:
    return f"{1 - weight:.9f} {weight:.9f}"


def _before(frame: int, rate: Fraction) -> str:
    """A moment between the frame before and this one, in seconds."""
    return f"{max(0.0, float((frame - Fraction(1, 2)) / rate)):.6f}"
