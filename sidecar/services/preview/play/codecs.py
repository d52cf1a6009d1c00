"""What a play is encoded as: the first that a player says it can play, of what can be made."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

from protocol.errors import EncoderUnavailable, NotSupported
from sidecar.ffmpeg.builder.play import (
    PLAY_ENCODERS,
    SOUND_ENCODERS,
    PlayContainer,
    PlayPicture,
    container_of,
    level_of,
)

MADE = ('video/webm; codecs="vp9,opus"', 'video/webm; codecs="vp8,opus"', 'video/mp4; codecs="avc1,mp4a.40.2"')
"""What can be made at all, best first."""

_TYPE = re.compile(r"\s*video/(webm|mp4)\s*(?:;\s*codecs\s*=\s*(?:\"([^\"]*)\"|([^\s;]+))\s*)?", re.IGNORECASE)
_PICTURES: tuple[tuple[PlayPicture, re.Pattern[str]], ...] = (
    ("vp9", re.compile(r"vp9(\.0)?|vp09\.00\..+")),
    ("vp8", re.compile(r"vp8(\.0)?|vp08\..+")),
    ("h264", re.compile(r"avc[13](\..+)?")),
)
_SOUNDS: dict[PlayContainer, re.Pattern[str]] = {
    "webm": re.compile(r"opus"),
    "mp4": re.compile(r"mp4a(\.40(\.2)?)?"),
}
_USUAL: dict[str, PlayPicture] = {"webm": "vp9", "mp4": "h264"}
"""What a player is given that names a container and no codec."""


def type_of(picture: PlayPicture, size: tuple[int, int], rate: Fraction, *, sounds: bool) -> str:
    """Return what a stream of a size and frame rate is. The codec of its sound follows from the container."""
    if container_of(picture) == "webm":
        return f'video/webm; codecs="{picture}{",opus" if sounds else ""}"'
    # Constrained baseline, and the level that the stream itself says.
    return f'video/mp4; codecs="avc1.42C0{level_of(size, rate):02X}{",mp4a.40.2" if sounds else ""}"'


def choose(codecs: Sequence[str], encoders: Collection[str], *, sounds: bool) -> PlayPicture:
    """Choose by content types as `canPlayType` takes them, best first, and by the encoders that FFmpeg has.

    Raises NotSupported where none of them can be made, EncoderUnavailable where they could with another FFmpeg; both
    say what can.
    """
    missing: str | None = None
    for asked in codecs:
        for picture in _pictures(asked):
            lacking = [each for each in _encoders(picture, sounds=sounds) if each not in encoders]
            if not lacking:
                return picture
            missing = missing or lacking[0]
    able = [
        made
        for made in MADE
        if all(each in encoders for picture in _pictures(made) for each in _encoders(picture, sounds=sounds))
    ]
    advice = f"Name one of these: {'; or '.join(able)}" if able else None
    if missing is not None:
        raise EncoderUnavailable(encoder=missing, detail="the FFmpeg in use does not have it", suggestion=advice)
    raise NotSupported(what=f"playing as {', or '.join(codecs)}", nearest=able[0] if able else None, suggestion=advice)


def _pictures(asked: str) -> Iterator[PlayPicture]:
    """Return the picture codecs that one content type stands for; none where it stands for another sound, too."""
    found = _TYPE.fullmatch(asked)
    if found is None:
        return
    container = found[1].lower()
    names = [name.strip() for name in (found[2] or found[3] or "").split(",") if name.strip()]
    if not names:
        yield _USUAL[container]
        return
    for picture, pattern in _PICTURES:
        inside = container_of(picture)
        own = [name for name in names if pattern.fullmatch(name)]
        rest = [name for name in names if not pattern.fullmatch(name)]
        if inside == container and own and all(_SOUNDS[inside].fullmatch(name) for name in rest):
            yield picture


def _encoders(picture: PlayPicture, *, sounds: bool) -> tuple[str, ...]:
    own = PLAY_ENCODERS[picture]
    return (own, SOUND_ENCODERS[container_of(picture)]) if sounds else (own,)
