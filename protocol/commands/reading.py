"""What commands that read a media file share."""

from __future__ import annotations

from protocol.errors import (
    DecoderCrashed,
    DependencyMissing,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    PermissionDenied,
    SidecarError,
    Timeout,
)
from protocol.model import Model
from protocol.time import Seconds

READING: tuple[type[SidecarError], ...] = (
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    MediaEncrypted,
    DecoderCrashed,
    DependencyMissing,
    PermissionDenied,
    Timeout,
)
"""Errors of a file and of the process that reads it."""


class SecondsRange(Model, rename={"from_": "from"}):
    """From one instant of a file up to, not including, another; in seconds from the file's start."""

    from_: Seconds
    to: Seconds
