"""What kinds of things the cache keeps."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["frames", "filmstrips", "waveforms", "metadata", "analysis", "segments", "sound", "proxies", "play"]

KINDS: tuple[Kind, ...] = get_args(Kind)
