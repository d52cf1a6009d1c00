"""How the pictures of a strip are drawn, and what workers are asked for: plain data."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, structs

from sidecar.core.source import SourceColor
from sidecar.services.media.messages import Task, pack

if TYPE_CHECKING:
    from protocol.commands.filmstrip import MediaFilmstrip

DRAWN = "1"
"""Raised whenever the same frame begins to give another picture."""

ImageFormat = Literal["jpeg", "webp", "png"]

CONTENT_TYPES: dict[ImageFormat, str] = {"jpeg": "image/jpeg", "webp": "image/webp", "png": "image/png"}


class Look(Struct, frozen=True):
    """Everything beside the frame itself that decides a picture.

    `width`, `height` are its own, upright; `shrinks` is whether they are fewer pixels than the source's. The stored
    frame is mirrored left to right, then turned clockwise by `rotation` degrees. `field` is the first one of an
    interlaced source; `alone`: it is parted without the frames beside it. `depth` is the source's bits a channel.
    """

    width: int
    height: int
    shrinks: bool
    rotation: int
    mirrored: bool
    color: SourceColor
    depth: int
    alpha: bool
    field: Literal["tff", "bff"] | None
    alone: bool
    format: ImageFormat
    quality: int
    background: str


class Wanted(Struct, frozen=True):
    """A frame by its timestamp in ticks; `place` is the caller's own number of it."""

    place: int
    pts: int


class Run(Struct, frozen=True):
    """Frames that are decoded in one go, in order of time, from the keyframe at `key` on (None: from the beginning)."""

    key: int | None
    wanted: tuple[Wanted, ...]


class Locate(Task, frozen=True, tag="locate"):
    """Find, for each tick, the newest keyframe up to it of a picture stream (by its number among picture streams)."""

    stream: int
    ticks: tuple[int, ...]


class Keyframe(Struct, frozen=True):
    """A keyframe's timestamp and how long it is shown, in ticks; 0: unknown."""

    pts: int
    duration: int


class TakeFrames(Task, frozen=True, tag="frames"):
    """Decode and draw frames, run by run; each is sent as a `Taken`.

    `near` is by how many ticks a frame's timestamp may differ from the wanted one. `decoder` takes the place of
    FFmpeg's own choice.
    """

    stream: int
    look: Look
    runs: tuple[Run, ...]
    near: int
    decoder: str | None


class Taken(Struct, frozen=True):
    """A picture, or None where the frame cannot be decoded."""

    place: int
    image: bytes | None


class MakeSheet(Task, frozen=True, tag="sheet"):
    """Lay pictures (None: nothing) on one, in rows of `columns` cells of `step` pixels; the path says nothing."""

    images: tuple[bytes | None, ...]
    columns: int
    step: tuple[int, int]
    format: ImageFormat
    quality: int
    background: str
    alpha: bool


def picture_key(fingerprint: str, stream: int, pts: int, look: Look) -> str:
    """Return the key of a frame's picture: 64 hexadecimal digits."""
    return hashlib.sha256(pack(("filmstrip", DRAWN, fingerprint, stream, pts, look))).hexdigest()


def request_key(fingerprint: str, request: MediaFilmstrip) -> str:
    """Return the key of all that is asked of a file, whatever its path."""
    bare = structs.replace(request, path="", progress_token=None)
    return hashlib.sha256(pack(("strip", DRAWN, fingerprint, bare))).hexdigest()


def sheet_key(pictures: tuple[str | None, ...], columns: int, step: tuple[int, int], look: Look) -> str:
    """Return the key of a sheet of pictures, which are given by theirs."""
    return hashlib.sha256(pack(("sheet", DRAWN, pictures, columns, step, look))).hexdigest()
