"""Where faults are planted, and the change that several of them make."""

from __future__ import annotations

from typing import Any

CORE = "sidecar.core.timeline"
PICTURE = "sidecar.ffmpeg.builder.picture"
SOUND_BUILDER = "sidecar.ffmpeg.builder.sound"


def changed(struct: Any, **members: Any) -> Any:
    """Copy a struct of the project with other members."""
    return type(struct)(**{**{name: getattr(struct, name) for name in struct.__struct_fields__}, **members})
