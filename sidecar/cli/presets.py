"""Export presets by name, for commands that plan and render."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine


async def preset_params(engine: Engine, name: str | None) -> dict[str, Any]:
    """Return the params of `render.plan` and `render.start` that a preset stands for; none without a name.

    Raises InvalidParams for a name that there is not.
    """
    if name is None:
        return {}
    presets = {preset.id: preset for preset in (await engine.request("render.presets")).presets}
    if name not in presets:
        near = get_close_matches(name, presets, n=1)
        suggestion = f"Use {near[0]}" if near else f"Use one of {', '.join(presets)}"
        raise InvalidParams(detail=f"there is no preset {name}", path="/preset", suggestion=suggestion)
    return {"export": presets[name].export, "platform": presets[name].platform}
