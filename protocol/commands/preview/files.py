"""What commands that make files of previews share."""

from __future__ import annotations

from protocol.commands.preview.shared import RAISES
from protocol.errors import (
    DependencyMissing,
    DiskFull,
    NothingToRender,
    OutputExists,
    OutputUnwritable,
    RenderFailed,
    SidecarError,
)

MAKING: tuple[type[SidecarError], ...] = (
    *RAISES,
    NothingToRender,
    DependencyMissing,
    RenderFailed,
    DiskFull,
    OutputExists,
    OutputUnwritable,
)
"""Errors of making one, and of writing it where it is asked for."""
