"""`sidecar effects`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from protocol.commands.catalogue import EffectList, ParameterInfo
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output


def effects(*, sheet: Path | None = None, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """List the effects and their parameters.

    Parameters
    ----------
    sheet
        Also draw every effect of the picture, before and after, as this PNG.
    as_json
        Print the list as JSON.
    """

    async def work(engine: Engine) -> int:
        found: EffectList = await engine.request("effects.list")
        output.result(found)
        output.table(("type", "on", "category", "what it does", "parameters"), rows(found))
        if sheet is not None:
            from sidecar.services.sheets import draw_effects  # noqa: PLC0415 - start-up time

            await draw_effects(engine.services, sheet)
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(found: EffectList) -> list[tuple[str, str, str, str, str]]:
    """The effects as rows."""
    media = {"video": "picture", "audio": "sound"}
    return [
        (
            entry.type,
            media[entry.medium],
            entry.category,
            entry.description,
            ", ".join(_parameter(parameter) for parameter in entry.parameters),
        )
        for entry in found.effects
    ]


def _parameter(parameter: ParameterInfo) -> str:
    """A parameter with its range."""
    if parameter.range is not None:
        low, high = parameter.range
        return f"{parameter.name} {low:g} to {high:g}{'' if parameter.unit is None else ' ' + parameter.unit}"
    return f"{parameter.name} {'|'.join(parameter.choices)}".strip()
