"""`sidecar concat A B C -o OUT`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.media import MOST_INPUTS
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.output import Output
from sidecar.cli.watch import render_job


def concat(
    *inputs: Path,
    out: Annotated[Path, Parameter(alias="-o")],
    mode: Literal["auto", "copy", "encode"] = "auto",
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Join files one after the other.

    Parameters
    ----------
    inputs
        The files, in order.
    out
        The file to write; its suffix names the container.
    mode
        Encode only pictures that cannot be copied (auto), none (copy: else fail), or all (encode).
    overwrite
        Replace the file if it is there.
    as_json
        Print the finished job as JSON.
    """

    async def work(engine: Engine) -> int:
        if not 1 <= len(inputs) <= MOST_INPUTS:
            detail = f"expected 1 to {MOST_INPUTS} files, not {len(inputs)}"
            raise InvalidParams(detail=detail, path="/inputs", message=detail)
        wanted = [{"path": str(path)} for path in inputs]
        return await render_job(
            engine, output, method="media.concat", inputs=wanted, output=str(out), mode=mode, overwrite=overwrite
        )

    output = Output.choose(as_json=as_json)
    return run(work, output)
