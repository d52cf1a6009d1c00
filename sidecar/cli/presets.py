"""`sidecar presets`, and presets by name for commands that plan and render."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any

from cyclopts import Parameter

from protocol.commands.render import PresetList
from protocol.errors import InvalidParams
from protocol.project.export import Container
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output


def presets(*, container: Container | None = None, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """List export settings by name, for `render --preset` and `plan --preset`.

    Parameters
    ----------
    container
        Only those of one container.
    as_json
        Print them as JSON, with all their settings.
    """

    async def work(engine: Engine) -> int:
        found: PresetList = await engine.request("render.presets", container=container)
        output.result(found)
        output.table(("preset", "name", "what"), [(each.id, each.name, each.description) for each in found.presets])
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


async def preset_params(engine: Engine, name: str | None) -> dict[str, Any]:
    """Return the params of `render.plan` and `render.start` that a preset stands for; none without a name.

    Raises InvalidParams for a name that there is not.
    """
    if name is None:
        return {}
    found: PresetList = await engine.request("render.presets")
    named = {preset.id: preset for preset in found.presets}
    if name not in named:
        near = get_close_matches(name, named, n=1)
        suggestion = f"Use {near[0]}; `sidecar presets` lists all" if near else "`sidecar presets` lists all"
        detail = f"there is no preset {name}"
        raise InvalidParams(detail=detail, path="/preset", message=f"--preset: {detail}", suggestion=suggestion)
    return {"export": named[name].export, "platform": named[name].platform}
