"""`sidecar render PROJECT -o OUT`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from sidecar.cli.engine import Engine, run
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.presets import preset_params
from sidecar.cli.watch import render_job


def render(
    project: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    overwrite: bool = False,
    preset: str | None = None,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    jobs: Annotated[int, Parameter(validator=Number(gte=0, lte=256))] = 0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Render a project file.

    Parameters
    ----------
    project
        The project file.
    out
        The file to write.
    overwrite
        Replace the file if it is there.
    preset
        Export settings by name, over those of the project: youtube-1080p, gif, archive ...
    range_
        Render only FROM:TO, in seconds (1.5:4, 1/3:2) or frames (10f:50f).
    jobs
        Processes that encode at a time; 0: the setting `workers`, or the number of cores.
    as_json
        Print the finished job as JSON.
    """

    async def work(engine: Engine) -> int:
        wanted = range_of(range_)
        ref = {"path": str(project)}
        chosen = await preset_params(engine, preset)
        return await render_job(
            engine, output, project=ref, output=str(out), overwrite=overwrite, range=wanted, **chosen
        )

    output = Output.choose(as_json=as_json)
    return run(work, output, settings={"workers": jobs} if jobs else {})
