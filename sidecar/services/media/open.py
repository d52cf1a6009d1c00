"""Opening a file of unknown origin: which demuxers may look at it, and what a refusal means."""

from __future__ import annotations

import os
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from protocol.errors import MediaNotFound, MediaUnreadable, MediaUnsupported, PermissionDenied
from sidecar.ffmpeg.demuxers import DEMUXERS
from sidecar.services.media.fingerprint import open_regular

STILL_DEMUXERS = {name for name in DEMUXERS if name.endswith("_pipe") and name != "yuv4mpegpipe"}

MAX_PIXELS = 67_108_864
MAX_STREAMS = 64

# A picture file is told by its content: by its name FFmpeg may take it for a pattern of many.
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "png_pipe"),
    (b"\xff\xd8\xff", "jpeg_pipe"),
    (b"II*\0", "tiff_pipe"),
    (b"MM\0*", "tiff_pipe"),
)


_QUICK = {"skip_frame": "nokey", "skip_loop_filter": "all", "max_pixels": str(MAX_PIXELS)}
"""For decoders that FFmpeg asks about streams: of their pictures only the shape is wanted."""


def open_media(path: Path, *, quick: bool = False) -> InputContainer:
    """Open a regular file by an allowed demuxer, with bounded probing and no way to any other file or network.

    `quick` decodes less to learn about streams; one whose pictures do not begin with a keyframe may lack its format.
    Raises MediaNotFound, PermissionDenied, MediaUnreadable, MediaUnsupported (a playlist, a refused format).
    """
    descriptor = open_regular(path)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        head = file.read(4096)
    if not head:
        raise MediaUnreadable(path=str(path), detail="the file is empty")
    options = {
        "format_whitelist": ",".join(DEMUXERS),
        "protocol_whitelist": "file",
        "max_streams": str(MAX_STREAMS),
        "probesize": "5000000",
        "analyzeduration": "5000000",
        **(_QUICK if quick else {}),
    }
    try:
        return av.open(
            "file:" + str(path.absolute()), format=_picture_demuxer(head), options=options, metadata_errors="replace"
        )
    except av.error.FileNotFoundError as error:
        raise MediaNotFound(path=str(path)) from error
    except av.error.PermissionError as error:
        raise PermissionDenied(path=str(path), access="read") from error
    except av.error.ArgumentError as error:
        # What FFmpeg answers when the demuxer that fits is not on the list.
        raise MediaUnsupported(
            path=str(path), detail="playlists, streams without a container and this kind of file are not read"
        ) from error
    except (av.error.FFmpegError, UnicodeError, ValueError) as error:
        raise MediaUnreadable(path=str(path), detail=reason(error)) from error


def reason(error: Exception) -> str:
    """Return what FFmpeg said, without the path."""
    return str(getattr(error, "strerror", None) or error).split(": '", 1)[0]


def _picture_demuxer(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp_pipe"
    if head.startswith(_PICTURES[0][0]) and b"acTL" in head:
        return "apng"
    return next((name for magic, name in _PICTURES if head.startswith(magic)), None)
