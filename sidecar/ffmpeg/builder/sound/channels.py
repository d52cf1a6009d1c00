"""Channels: which layout becomes which, by explicit matrices and never by FFmpeg's own (docs/project.md §5).

A matrix holds a row for each channel that comes out, each with a factor for every channel that goes in.
"""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.ffmpeg.builder.graph import Stream, node

Matrix = tuple[tuple[float, ...], ...]

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
"""Layouts of a project by its number of channels. Their order: FL FR FC LFE BL BR SL SR."""

_HALF_POWER = 0.7071
_NAMED = {
    "mono": "FC",
    "stereo": "FL FR",
    "downmix": "FL FR",
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.0(back)": "FL FR BC",
    "4.0": "FL FR FC BC",
    "quad": "FL FR BL BR",
    "quad(side)": "FL FR SL SR",
    "3.1": "FL FR FC LFE",
    "5.0": "FL FR FC BL BR",
    "5.0(side)": "FL FR FC SL SR",
    "4.1": "FL FR FC LFE BC",
    "5.1": "FL FR FC LFE BL BR",
    "5.1(side)": "FL FR FC LFE SL SR",
    "6.0": "FL FR FC BC SL SR",
    "6.0(front)": "FL FR FLC FRC SL SR",
    "hexagonal": "FL FR FC BL BR BC",
    "6.1": "FL FR FC LFE BC SL SR",
    "6.1(back)": "FL FR FC LFE BL BR BC",
    "6.1(front)": "FL FR LFE FLC FRC SL SR",
    "7.0": "FL FR FC BL BR SL SR",
    "7.0(front)": "FL FR FC FLC FRC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
    "7.1(wide)": "FL FR FC LFE BL BR FLC FRC",
    "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
    "octagonal": "FL FR FC BL BR BC SL SR",
}
_BY_COUNT = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

# What each place of the room adds to left and to right; LFE, and places that are not listed, add nothing.
_TO_STEREO: dict[str, tuple[float, float]] = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "FLC": (_HALF_POWER, 0.0),
    "FRC": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5),
}
_TO_SURROUND: dict[str, dict[str, float]] = {
    "FLC": {"FL": _HALF_POWER},
    "FRC": {"FR": _HALF_POWER},
    "BC": {"BL": _HALF_POWER, "BR": _HALF_POWER},
}


def places(layout: str, channels: int) -> tuple[str, ...]:
    """Name the places of a source's channels; a layout that is not known is taken for the usual one of its count."""
    named = _NAMED.get(layout) or _NAMED.get(_BY_COUNT.get(channels, ""), "FL FR")
    names = tuple(named.split())
    return (*names, *("",) * (channels - len(names)))[:channels]


def layout_matrix(layout: str, channels: int, wanted: int) -> Matrix:
    """Matrix from a source's layout to that of a project with 1, 2, 6 or 8 channels."""
    source = places(layout, channels)
    if source == ("FC",):
        stereo: Matrix = ((1.0,), (1.0,))
    else:
        stereo = tuple(tuple(_TO_STEREO.get(place, (0.0, 0.0))[side] for place in source) for side in (0, 1))
    if wanted == 1:
        if source == ("FC",):
            return ((1.0,),)
        return (tuple((left + right) / 2 for left, right in zip(*stereo, strict=True)),)
    if wanted == 2:
        return stereo
    if set(source) <= {"FL", "FR", "FC", "LFE"} and len(source) <= 2:
        return (*stereo, *((0.0,) * channels,) * (wanted - 2))
    return _surround(source, wanted)


def _surround(source: tuple[str, ...], wanted: int) -> Matrix:
    """More than two channels into 5.1 or 7.1: each where it is, backs and sides into one pair where there is one."""
    rows = []
    both = {"BL", "BR", "SL", "SR"} <= set(source)
    for place in _NAMED[LAYOUTS[wanted]].split():
        row = []
        for origin in source:
            factor = 1.0 if origin == place else _TO_SURROUND.get(origin, {}).get(place, 0.0)
            if wanted == 6 and place in ("BL", "BR") and origin in (place, "S" + place[1]):
                factor = _HALF_POWER if both else 1.0
            row.append(factor)
        rows.append(tuple(row))
    return tuple(rows)


def map_matrix(chosen: Sequence[int | None], channels: int, wanted: int) -> Matrix:
    """Matrix that puts source channel `chosen[i]` into channel i; None, and channels that are not there, are silent."""
    rows = [*chosen, *(None,) * wanted][:wanted]
    return tuple(tuple(float(row == channel) for channel in range(channels)) for row in rows)


def balance(pan: float, channels: int) -> tuple[float, ...]:
    """Factors of a pan −1–1 for each channel of a project: the front pair alone; mono has none."""
    if channels == 1:
        return (1.0,)
    return (min(1.0, 1.0 - pan), min(1.0, 1.0 + pan), *(1.0,) * (channels - 2))


def scaled(matrix: Matrix, factors: Sequence[float]) -> Matrix:
    """Multiply each row by its factor."""
    return tuple(tuple(value * factor for value in row) for row, factor in zip(matrix, factors, strict=True))


def identity(channels: int) -> Matrix:
    return tuple(tuple(float(row == column) for column in range(channels)) for row in range(channels))


def apply_matrix(stream: Stream, matrix: Matrix) -> Stream:
    """Send a float stream through a matrix, into the layout of as many channels; nothing is normalised."""
    rows = []
    for number, row in enumerate(matrix):
        terms = [f"{value:.9g}*c{channel}" for channel, value in enumerate(row) if value]
        rows.append(f"c{number}=" + ("+".join(terms) or "0*c0"))
    return node("pan", stream, args="|".join((LAYOUTS[len(matrix)], *rows)))
