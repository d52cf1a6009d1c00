"""Planar RGB from one depth to another, exactly: v·M/m to the nearest level, alpha like colour.

Not by `scale`: between planar RGB formats it shifts bits (255 becomes 65 283 of 65 535) and cuts off going down.
"""

from __future__ import annotations

from sidecar.ffmpeg.builder.graph import Stream, node


def at_depth(stream: Stream, pixel_format: str) -> Stream:
    """Take gbrp* to another gbrp*, or gbrap* to another gbrap*; nothing else of the frames changes."""
    stream = node("zscale", stream, rangein="full", range="full", dither="none")
    return node("format", stream, pix_fmts=pixel_format)
