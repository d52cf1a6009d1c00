"""Gains that change from sample to sample: fades and the two sides of a cross-fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sidecar.ffmpeg.builder.graph import Expression, Stream, node

Curve = Literal["linear", "power"]

_MARGIN = 2
"""Seconds before a ramp in which samples are looked at one by one.

A filter is switched on by the time at which a frame begins, and the ramp may begin inside of it; no frame of sound is
longer.
"""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A gain from 0 to 1 (`rising`) or back over samples [start, start + length) of a stream.

    Before and after it the gain is that of its ends. `linear` meets 0 on the first sample of a fade-in and on the
    first after a fade-out; with `centred` each sample takes the value of its middle (u = (j + ½)/L).
    """

    start: int
    length: int
    rising: bool
    curve: Curve
    centred: bool

    @property
    def end(self) -> int:
        return self.start + self.length


def apply_ramps(stream: Stream, ramps: Sequence[Ramp], channels: int, rate: int, length: int) -> Stream:
    """Multiply a stream of `length` samples by some ramps. Its timestamps count from 0."""
    felt = [ramp for ramp in ramps if _is_felt(ramp, length)]
    if not felt:
        return stream
    gain = "*".join(_gain(ramp, rate) for ramp in felt)
    spans = "+".join(_span(ramp, rate, length) for ramp in felt)
    exprs = "|".join(f"val({channel})*{gain}" for channel in range(channels))
    made = node("aeval", stream, exprs=Expression(exprs), c="same", enable=Expression(spans))
    # Back to floats at once: what follows would else be reckoned in doubles in this window, and not in others.
    return node("aformat", made, sample_fmts="fltp")


def _is_felt(ramp: Ramp, length: int) -> bool:
    """Tell whether the ramp's gain is anything but 1 on some sample of the stream."""
    if ramp.length <= 0:
        return False
    return ramp.end > 0 if ramp.rising else ramp.start < length


def _gain(ramp: Ramp, rate: int) -> str:
    """Gain as an expression of t. Samples are counted by rounding, since t is a double."""
    half = "+0.5" if ramp.centred else ""
    progress = f"clip((round(t*{rate})-({ramp.start}){half})/{ramp.length},0,1)"
    if ramp.curve == "power":
        return f"{'sin' if ramp.rising else 'cos'}(PI/2*{progress})"
    return progress if ramp.rising else f"(1-{progress})"


def _span(ramp: Ramp, rate: int, length: int) -> str:
    """Times of frames in which the gain may be other than 1, in seconds."""
    first = 0.0 if ramp.rising else ramp.start / rate - _MARGIN
    last = (min(ramp.end, length) if ramp.rising else length) / rate
    return f"between(t,{first:.6f},{last:.6f})"
