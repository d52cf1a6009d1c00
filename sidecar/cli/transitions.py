"""`sidecar transitions`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from protocol.commands.catalogue import TransitionList
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output


def transitions(*, sheet: Path | None = None, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """List the transitions between clips.

    Parameters
    ----------
    sheet
        Also draw every transition between two pictures, a quarter, a half and three quarters through, as this PNG.
    as_json
        Print the list as JSON.
    """

    async def work(engine: Engine) -> int:
        found: TransitionList = await engine.request("transitions.list")
        output.result(found)
        output.table(("type", "category", "what it does"), rows(found))
        if sheet is not None:
            from sidecar.services.sheets import draw_transitions  # noqa: PLC0415 - start-up time

            await draw_transitions(engine.services, sheet)
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(found: TransitionList) -> list[tuple[str, str, str]]:
    """The transitions as rows."""
    return [(entry.type, entry.category, entry.description) for entry in found.transitions]
