"""FFmpeg's own listing of a file, bounded: what a person would get by `ffmpeg -i`."""

from __future__ import annotations

from protocol.model import Model
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import target
from sidecar.ffmpeg.builder.graph import Input
from sidecar.ffmpeg.builder.inputs import MAX_PIXELS
from sidecar.ffmpeg.demuxers import DEMUXERS


class Probe(Model, kw_only=True):
    """The file."""

    path: str


def build_probe(parameters: Probe, path: str) -> Command:
    """Build the command that lists a file's streams on stderr and writes nothing."""
    options = (
        ("protocol_whitelist", "file"),
        ("format_whitelist", ",".join(DEMUXERS)),
        ("max_pixels", str(MAX_PIXELS)),
        ("max_streams", "64"),
        ("probesize", "5000000"),
        ("analyzeduration", "5000000"),
    )
    source = Input(target(path or parameters.path), options)
    nothing = (("map", "0"), ("c", "copy"), ("ignore_unknown", None), ("t", "0"), ("f", "null"))
    return Command(outputs=(Output((), nothing, "-"),), extra_inputs=(source,))
