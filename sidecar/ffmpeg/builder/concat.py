"""Files joined one behind the other, whatever their sizes, rates and sounds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.errors import MediaUnsupported
from protocol.model import Model
from protocol.time import Rate, parse_rate
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.assembly import Piece, assemble, even, rate_for
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.excerpt import target
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import FontSet

HIGHEST_RATE = Fraction(240)


class Concat(Model, kw_only=True):
    """Size and rate are those of the first file, unless they are given; smaller pictures get bars.

    Files without sound are silent, stills are shown for `still_seconds`.
    """

    paths: Annotated[list[str], Meta(min_length=2, max_length=100)]
    width: Annotated[int, Meta(ge=16, le=16_384, multiple_of=2)] | None = None
    height: Annotated[int, Meta(ge=16, le=16_384, multiple_of=2)] | None = None
    frame_rate: Rate | None = None
    fit: Literal["contain", "cover", "stretch"] = "contain"
    still_seconds: Annotated[int, Meta(ge=1, le=60)] = 5
    container: Literal["mp4", "mov", "mkv", "webm"] = "mp4"
    quality: Annotated[int, Meta(ge=0, le=100)] = 85


def build_concat(parameters: Concat, files: Sequence[SourceFacts], output: str, fonts: FontSet) -> Command:
    """Build the command that joins files, given in order. Raises MediaUnsupported for one without a picture."""
    for facts in files:
        if not facts.video:
            raise MediaUnsupported(path=facts.path, detail="it has no picture to join")
    first = files[0].video[0].upright
    size = even((parameters.width or first[0], parameters.height or first[1]))
    rate = parse_rate(parameters.frame_rate) if parameters.frame_rate else rate_for(files[0], 0, at_most=HIGHEST_RATE)
    pieces = [Piece(facts, Fraction(0), _frames(facts, rate, parameters.still_seconds)) for facts in files]
    export: dict[str, Any] = {
        "container": parameters.container,
        "video": {"quality": parameters.quality},
        "audio": {} if any(facts.audio for facts in files) else None,
        "subtitles": "none",
    }
    timeline, settings = assemble(pieces, rate=rate, size=size, export=export, fit=parameters.fit)
    return build_render(timeline, settings, target=target(output), resources=Resources(fonts))


def _frames(facts: SourceFacts, rate: Fraction, still_seconds: int) -> int:
    """Return how many frames a file is shown for: to the end of its picture."""
    video = facts.video[0]
    if video.still or video.duration is None:
        return round(still_seconds * rate)
    begins = video.first_pts * video.time_base - facts.start
    return max(1, round((begins + video.duration) * rate))
