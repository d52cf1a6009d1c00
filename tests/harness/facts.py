"""Facts of sources that there are no files of."""

from __future__ import annotations

from fractions import Fraction

from sidecar.core.source import SourceColor, SourceVideo


def video_facts(
    *, size: tuple[int, int], seconds: int, keyframes: tuple[int, ...] = (0,), max_gap: Fraction | None = None
) -> SourceVideo:
    """A picture of H.264 at 25 frames a second, in BT.709."""
    return SourceVideo(
        index=0,
        stream=0,
        codec="h264",
        width=size[0],
        height=size[1],
        pixel_aspect=Fraction(1),
        rotation=0,
        mirrored=False,
        rate=Fraction(25),
        time_base=Fraction(1, 12_800),
        first_pts=0,
        frames=25 * seconds,
        duration=Fraction(seconds),
        pixel_format="yuv420p",
        bits=8,
        alpha=False,
        interlaced="progressive",
        color=SourceColor("limited", "bt709", "bt709", "bt709"),
        keyframes=keyframes,
        max_gap=max_gap,
        seekable=True,
        still=False,
    )
