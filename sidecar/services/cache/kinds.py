"""What kinds of things the cache keeps."""

from __future__ import annotations

from typing import get_args

from protocol.commands.shared import CacheKind as Kind

KINDS: tuple[Kind, ...] = get_args(Kind)

__all__ = ["KINDS", "Kind"]
