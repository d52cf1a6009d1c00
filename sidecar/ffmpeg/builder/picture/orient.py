"""A decoded stream made plain: no side data, right tags, whole frames, upright."""

from __future__ import annotations

from sidecar.core.source import SourceVideo
from sidecar.ffmpeg.builder.graph import Stream, Window, node
from sidecar.ffmpeg.builder.picture.deep import called

SPACES = {"bt601": "smpte170m", "bt709": "bt709", "bt2020": "bt2020nc", "rgb": "gbr"}
"""FFmpeg's names of the matrices."""

PRIMARIES = {
    "bt601": "smpte170m",
    "bt601-625": "bt470bg",
    "bt709": "bt709",
    "bt2020": "bt2020",
    "display-p3": "smpte432",
}
"""FFmpeg's names of the primaries."""


def plain(stream: Stream, video: SourceVideo) -> Stream:
    """Drop side data (a display matrix would turn the output again, captions would reach the encoder), state tags."""
    stream = node("sidedata", stream, mode="delete")
    if video.pixel_format.startswith("yuvj") and video.color.range == "limited":
        # The format's own name says that the range is full, whatever the tags say.
        stream = called(stream, video.pixel_format.replace("yuvj", "yuv"))
    return tagged(stream, video)


def tagged(stream: Stream, video: SourceVideo) -> Stream:
    """State the tags of decoded frames. All count as progressive: what is not is deinterlaced whatever its frames say."""
    return node(
        "setparams",
        stream,
        range=video.color.range,
        colorspace=SPACES[video.color.matrix],
        color_primaries=PRIMARIES[video.color.primaries],
        color_trc="bt709",
        field_mode="prog",
    )


def whole_frames(stream: Stream, field: str) -> Stream:
    """Deinterlace, one frame a frame; `field` is the one that comes first, tff or bff."""
    return node("bwdif", stream, support=Window(1, 1), mode="send_frame", parity=field, deint="all")


def upright(stream: Stream, video: SourceVideo) -> Stream:
    """Mirror, then turn clockwise, as the display matrix says."""
    if video.mirrored:
        stream = node("hflip", stream)
    return turned(stream, video.rotation)


def turned(stream: Stream, degrees: int) -> Stream:
    """Turn clockwise by a multiple of 90 degrees."""
    if degrees % 360 == 90:
        return node("transpose", stream, dir="clock")
    if degrees % 360 == 270:
        return node("transpose", stream, dir="cclock")
    if degrees % 360 == 180:
        return node("vflip", node("hflip", stream))
    return stream
