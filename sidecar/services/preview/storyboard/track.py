"""The thumbnail track of a storyboard: WebVTT cues whose text names a part of the sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A cell of the sheet in pixels, and when it stands for what is on screen, in seconds."""

    begin: Fraction
    end: Fraction
    x: int
    y: int
    width: int
    height: int


def thumbnail_track(thumbnails: Iterable[Thumbnail], sheet: str) -> str:
    """Return the track's text; `sheet` is the sheet's address, whole or relative to that of the track.

    Parts are named by spatial media fragments (`#xywh=`, W3C Media Fragments URI 1.0), as players expect it.
    """
    cues = [
        f"{clock(each.begin)} --> {clock(each.end)}\n{sheet}#xywh={each.x},{each.y},{each.width},{each.height}\n"
        for each in thumbnails
    ]
    return "\n".join(["WEBVTT\n", *cues])


def clock(seconds: Fraction) -> str:
    """Return an instant as WebVTT has it, hh:mm:ss.mmm, to the millisecond that it lies in."""
    millis = floor(seconds * 1000)
    whole, millis = divmod(millis, 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}.{millis:03}"
