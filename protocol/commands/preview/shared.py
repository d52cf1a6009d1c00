"""What commands of previews share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.commands.project import DEMO
from protocol.errors import (
    DecoderCrashed,
    EffectInvalid,
    FfmpegCrashed,
    FfmpegFailed,
    FfmpegNotFound,
    InvalidParams,
    InvalidProject,
    LimitExceeded,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    ResourceLimit,
    SourceChanged,
    Stalled,
    Timeout,
    UnsupportedSchema,
)

Accuracy = Literal["exact", "fast"]
PictureMedia = Literal["original", "proxy"]
PreviewSide = Annotated[int, Meta(ge=16, le=8192)]
Quality = Annotated[int, Meta(ge=0, le=100)]

DEMO_REF: dict[str, Any] = {"inline": DEMO}

RAISES = (
    InvalidParams,
    InvalidProject,
    UnsupportedSchema,
    ProjectNotFound,
    ProjectNotOpen,
    ProjectConflict,
    PermissionDenied,
    LimitExceeded,
    ResourceLimit,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    MediaEncrypted,
    SourceChanged,
    EffectInvalid,
    DecoderCrashed,
    FfmpegNotFound,
    FfmpegFailed,
    FfmpegCrashed,
    Stalled,
    Timeout,
)
"""What showing any picture of a project may raise."""
