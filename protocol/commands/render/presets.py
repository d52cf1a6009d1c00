"""Named export settings."""

from __future__ import annotations

from typing import Any

from protocol.commands.command import Params
from protocol.commands.render.plans import Platform
from protocol.model import Result


class RenderPreset(Result):
    """A named set of export settings; `platform` is the one it is meant for, to be named in the plan."""

    id: str
    name: str
    description: str
    export: dict[str, Any]
    platform: Platform | None


class PresetList(Result):
    """Presets, and the defaults that they change."""

    presets: list[RenderPreset]


class PresetQuery(Params, kw_only=True):
    """Presets for one container only, if named."""

    container: str | None = None
