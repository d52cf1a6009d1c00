"""A filter whose options change from frame to frame, by commands that are sent to it.

Only for filters of one input: commands to a filter of two may overtake its frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sidecar.ffmpeg.builder.emit import write_value
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles


def commanded(
    stream: Stream,
    filter_: str,
    series: Mapping[str, Sequence[float] | Sequence[str]],
    rate: Fraction,
    files: SideFiles,
    **arguments: Value,
) -> Stream:
    """Add a filter; `series` holds, by option, its value at each frame. Options that never change are plain ones.

    A value is a number, or text without single quotes and backslashes: an expression that the engine wrote.

    The stream's timestamps count its frames from 0 in time base 1/rate. A command takes effect half a frame before
    the frame that it is meant for.
    """
    steady = {name: values[0] for name, values in series.items() if all(value == values[0] for value in values)}
    moving = {name: values for name, values in series.items() if name not in steady}
    starting = {name: values[0] for name, values in moving.items()}
    given = tuple({**arguments, **steady, **starting}.items())
    if not moving:
        return Pad(Node(filter_, given, (stream,), "video"))
    name = files.fresh("k")
    lines = []
    for frame in range(1, len(next(iter(moving.values())))):
        changes = [
            f"{filter_}@{name} {option} {_written(values[frame])}"
            for option, values in moving.items()
            if values[frame] != values[frame - 1]
        ]
        if changes:
            lines.append(f"{float((frame - Fraction(1, 2)) / rate):.9f} {', '.join(changes)};\n")
    script = files.add("commands", "txt", "".join(lines).encode())
    return Pad(Node(f"{filter_}@{name}", given, (node("sendcmd", stream, filename=script),), "video"))


def _written(value: float | str) -> str:
    # Whole numbers without a fraction: options that are switches take no other.
    return f"'{value}'" if isinstance(value, str) else write_value(value)
