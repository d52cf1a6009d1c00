"""Colour tags of a stream, and what stands in for those it lacks (docs/project.md §4, step 5)."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.commands.media import StreamColor
from sidecar.core.source import ColorRange, Matrix, Primaries, SourceColor, Transfer

# Numbers of ITU-T H.273, as FFmpeg has them. 2 (and 0, 3: reserved) say nothing.
_MATRICES: dict[int, Matrix] = {
    0: "rgb",
    1: "bt709",
    4: "bt601",
    5: "bt601",
    6: "bt601",
    7: "bt709",
    9: "bt2020",
    10: "bt2020",
}
_PRIMARIES: dict[int, Primaries] = {
    1: "bt709",
    5: "bt601-625",
    6: "bt601",
    7: "bt601",
    9: "bt2020",
    12: "display-p3",
}
_TRANSFERS: dict[int, Transfer] = {
    1: "bt709",
    4: "bt709",
    5: "bt709",
    6: "bt709",
    7: "bt709",
    13: "srgb",
    14: "bt709",
    15: "bt709",
    16: "pq",
    18: "hlg",
}


@dataclass(frozen=True, slots=True)
class Tags:
    """A stream's own tags, as FFmpeg numbers them."""

    range: int
    matrix: int
    primaries: int
    transfer: int


def read_color(tags: Tags, *, lines: int, pixel_format: str, rgb: bool) -> tuple[SourceColor, list[str]]:
    """Return the colour to read a picture by, and the names of the members that were assumed.

    `lines` is the stored height. Untagged: BT.601 below 720 lines, else BT.709, limited range; `yuvj` is full range;
    RGB has its own matrix, full range, sRGB. Primaries that no tag names are those of BT.709, also below 720 lines:
    most such files were made from pictures of BT.709 or sRGB, and only their matrix is that of BT.601.
    """
    assumed: list[str] = []
    usual: Matrix = "bt601" if lines < 720 else "bt709"

    span: ColorRange = "full" if tags.range == 2 else "limited"
    if rgb or pixel_format.startswith("yuvj"):
        span = "full"
    elif tags.range not in (1, 2):
        assumed.append("range")

    if rgb:
        matrix: Matrix = "rgb"
    else:
        # Matrix 0 on a Y'CbCr picture is a tag that cannot be true.
        tagged = _MATRICES.get(tags.matrix)
        matrix = tagged if tagged and tagged != "rgb" else usual
        if tagged in (None, "rgb"):
            assumed.append("matrix")

    primaries = _PRIMARIES.get(tags.primaries)
    if primaries is None:
        primaries = "bt2020" if matrix == "bt2020" else "bt709"
        assumed.append("primaries")

    transfer = _TRANSFERS.get(tags.transfer)
    if transfer is None:
        transfer = "srgb" if rgb else "bt709"
        assumed.append("transfer")
    return SourceColor(span, matrix, primaries, transfer), assumed


def stream_color(color: SourceColor, assumed: list[str]) -> StreamColor:
    """Return the same as a probe's result carries it."""
    return StreamColor(
        range=color.range,
        matrix=color.matrix,
        primaries=color.primaries,
        transfer=color.transfer,
        assumed=assumed,
    )
