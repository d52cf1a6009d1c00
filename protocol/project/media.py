"""What the bin holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.project.words import Id
from protocol.time import Rate


class Interpret(Model):
    """Readings of a file that replace the file's own; null takes the file's."""

    frame_rate: Rate | None = None
    pixel_aspect: Annotated[str, Meta(pattern=r"^[1-9]\d{0,5}(/[1-9]\d{0,5})?$")] | None = None
    rotation: Literal[0, 90, 180, 270] | None = None
    deinterlace: Literal["auto", "off", "tff", "bff"] = "auto"
    range: Literal["limited", "full"] | None = None
    matrix: Literal["bt601", "bt709", "bt2020", "rgb"] | None = None
    primaries: Literal["bt601", "bt709", "bt2020"] | None = None
    transfer: Literal["bt709", "srgb", "pq", "hlg"] | None = None
    alpha: Literal["auto", "straight", "premultiplied", "ignore"] = "auto"


class Media(Model):
    """A file that clips refer to by id, and that relinking works on."""

    id: Id
    path: str
    name: str = ""
    folder: str = ""
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    fingerprint: str | None = None
    interpret: Interpret = Interpret()


class Font(Model):
    """A font file of the project's own."""

    path: str
