"""The demuxers that files of unknown origin may be read by."""

from __future__ import annotations

DEMUXERS = (
    "mov",
    "matroska",
    "avi",
    "mpegts",
    "mpeg",
    "flv",
    "asf",
    "mxf",
    "nut",
    "ivf",
    "dv",
    "gif",
    "apng",
    "yuv4mpegpipe",
    "ogg",
    "wav",
    "w64",
    "aiff",
    "au",
    "caf",
    "flac",
    "mp3",
    "aac",
    "ac3",
    "eac3",
    "dts",
    "amr",
    "ape",
    "wv",
    "tta",
    "png_pipe",
    "jpeg_pipe",
    "webp_pipe",
    "bmp_pipe",
    "tiff_pipe",
)
"""The demuxers that may be chosen: files that stand alone. Playlists and patterns (hls, dash, concat, sdp, imf, image2)
name other files, and are not among them; nor are raw video streams (mpegvideo, h264, hevc, m4v): nothing in them says
when a frame is shown, and what FFmpeg makes up differs between its program and its libraries, by frames."""
