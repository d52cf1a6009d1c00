"""The project that a concatenation is rendered from: one clip an input, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, lcm
from os import fsencode
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from protocol.errors import InvalidParams
from protocol.project.export import Container
from protocol.time import MAX_TERM, format_exact, format_rate
from sidecar.services.concat.export import Mode, audio_export, channels_of, leading_picture, picture_rate, video_export
from sidecar.services.concat.parts import Part

FINEST = 240
"""The highest frame rate of a project: sound alone is cut and joined on its frames."""

COARSEST = 100
"""Frames a second below which the end of joined sound would be too far from its last sample."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A project, and where in it the inputs lie: frames [first, end) and the pointer of each one's clip.

    The pointer is None where an input has nothing that the container holds.
    """

    raw: dict[str, Any]
    spans: tuple[tuple[int, int], ...]
    pointers: tuple[str | None, ...]

    def input_at(self, frame: int) -> int:
        """Return the number of the input that a frame shows."""
        return next((number for number, (first, end) in enumerate(self.spans) if first <= frame < end), 0)


def joined(parts: Sequence[Part], container: Container, mode: Mode, profile: str | None) -> Joined:
    """Put parts one after the other.

    Size, rate and codec are those of the first moving picture, sound is as in the first input that has some, as far as the
    container holds them. Raises InvalidParams where it holds nothing of what the inputs have.
    """
    video = video_export(container, parts, profile, mode)
    audio = audio_export(container, parts)
    if video is None and audio is None:
        raise InvalidParams(detail=f"the inputs have nothing that {container} holds", path="/output")
    picture = None if video is None else leading_picture(parts)
    rate = sound_rate([part.length for part in parts]) if picture is None else picture_rate(container, picture)
    size = (16, 16) if picture is None else (_even(picture.upright[0]), _even(picture.upright[1]))
    spans = _heard_spans(parts, rate) if picture is None else _seen_spans(parts, rate)
    tracks: list[dict[str, Any]] = [{"kind": "video", "clips": []}, {"kind": "audio", "clips": []}]
    pointers: list[str | None] = []
    for part, span in zip(parts, spans, strict=True):
        shown = picture is not None and part.video is not None
        if not shown and part.audio is None:
            pointers.append(None)
            continue
        clips = tracks[not shown]["clips"]
        pointers.append(f"/tracks/{int(not shown)}/clips/{len(clips)}")
        clips.append(_clip(part, span, rate, size if shown else None))
    clear = video is not None and str(video["pixelFormat"]).startswith("yuva")
    raw = {
        "schema": "timeline/1",
        "name": "concat",
        "frameRate": format_rate(rate),
        "width": size[0],
        "height": size[1],
        "background": "#00000000" if clear else "#000000",
        "tracks": tracks,
        "export": {"container": container, "video": video, "audio": audio},
    }
    if audio is not None:
        raw |= {"sampleRate": audio["sampleRate"], "channels": channels_of(parts)}
    return Joined(raw, tuple(spans), tuple(pointers))


def sound_rate(lengths: Sequence[Fraction]) -> Fraction:
    """Return the rate on whose frames all sounds begin, the end too if may be; the finest where there is none."""
    ends = [sum(lengths[: number + 1], Fraction(0)) for number in range(len(lengths))]
    for edges in (ends, ends[:-1]):
        rate = _common_rate(edges)
        if rate is not None:
            return rate
    return Fraction(FINEST)


def _common_rate(edges: Sequence[Fraction]) -> Fraction | None:
    """Return the highest rate, COARSEST at least, with a frame at every edge."""
    if not edges:
        return None
    unit = lcm(*(edge.denominator for edge in edges))
    step = Fraction(gcd(*(int(edge * unit) for edge in edges)), unit)
    for number in range(floor(step * FINEST), 0, -1):
        rate = number / step
        if rate < COARSEST:
            return None
        if rate.numerator < MAX_TERM and rate.denominator < MAX_TERM:
            return rate
    return None


def _heard_spans(parts: Sequence[Part], rate: Fraction) -> list[tuple[int, int]]:
    """Place sounds by where they begin, each to the nearest frame, so that what is rounded does not add up."""
    spans: list[tuple[int, int]] = []
    first, total = 0, Fraction(0)
    for part in parts:
        total += part.length
        end = max(first + 1, floor(total * rate + Fraction(1, 2)))
        spans.append((first, end))
        first = end
    return spans


def _seen_spans(parts: Sequence[Part], rate: Fraction) -> list[tuple[int, int]]:
    """Give each part the frames nearest to its length, no more than its file has to show."""
    spans: list[tuple[int, int]] = []
    first = 0
    for part in parts:
        frames = max(1, floor(part.length * rate + Fraction(1, 2)))
        if frames > 1 and _lasting(part) < frames / rate:
            frames -= 1
        spans.append((first, first + frames))
        first += frames
    return spans


def _lasting(part: Part) -> Fraction:
    """Return the longest that a clip of the part may be: its last frame may be shown for another one's time."""
    video = part.video
    held = Fraction(0) if video is None or video.rate is None else 1 / video.rate
    return part.length + held


def _clip(part: Part, span: tuple[int, int], rate: Fraction, size: tuple[int, int] | None) -> dict[str, Any]:
    source = {"kind": "file", "path": _written(part.facts.path), "loop": False}
    clip: dict[str, Any] = {
        "id": f"input-{part.number}",
        "name": Path(part.facts.path).name.encode(errors="replace").decode(),
        "source": source,
        "start": format_exact(span[0] / rate),
        "duration": format_exact((span[1] - span[0]) / rate),
        "sourceStart": format_exact(part.start),
    }
    video = part.video
    if video is None or size is None:
        return clip
    if video.still:
        # A still has no times, and holds by itself.
        return {**clip, "sourceStart": 0}
    if _lasting(part) < (span[1] - span[0]) / rate:
        clip["freeze"] = True
    upright = video.upright
    if upright != size and (_even(upright[0]), _even(upright[1])) == size:
        clip["fit"] = "stretch"
    return clip


def _written(path: str) -> str:
    """Write a path as a project does: as it is, or as a `file:` URL where it is not Unicode."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "file://" + quote_from_bytes(fsencode(path))
    return path


def _even(side: int) -> int:
    return min(16_384, max(16, side // 2 * 2))
