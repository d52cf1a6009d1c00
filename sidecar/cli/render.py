"""`sidecar render PROJECT -o OUT`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from protocol.commands.render import PresetList
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams
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
        The file to write; of pictures one by one (container png) the folder.
    overwrite
        Replace the file if it is there.
    preset
        Export settings by name, over those of the project: youtube-1080p, gif, archive ...; `sidecar presets` lists them.
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
        await check_name(engine, project, chosen, out)
        return await render_job(
            engine, output, project=ref, output=str(out), overwrite=overwrite, range=wanted, **chosen
        )

    output = Output.choose(as_json=as_json)
    return run(work, output, settings={"workers": jobs} if jobs else {})


async def check_name(engine: Engine, project: Path, chosen: Mapping[str, Any], out: Path) -> None:
    """Refuse a name that stands for another container than the one that is written. Raises InvalidParams.

    `chosen` are params of a preset. A suffix that stands for no container is anybody's own.
    """
    from sidecar.services.concat.export import SUFFIXES  # noqa: PLC0415 - with the services

    named = SUFFIXES.get(out.suffix.lower())
    view = await engine.services.projects.resolve_ref(ProjectRef(path=str(project)))
    own = view.raw.get("export")
    export = {"container": "mp4", **(own if isinstance(own, dict) else {}), **chosen.get("export", {})}
    container = export["container"]
    if named in (None, container) or (named, container) == ("m4a", "mp4"):
        return
    found: PresetList = await engine.request("render.presets", container=named)
    ways = [f"name it {out.with_suffix(f'.{container}').name}"] if container in SUFFIXES.values() else []
    ways += [f"add --preset {preset.id}" for preset in found.presets[:1]]
    ways += [f"set export.container to {named} in the project"]
    detail = f"{out.name} is the name of {named}, and {container} is to be written"
    suggestion = ", or ".join(ways)
    suggestion = suggestion[0].upper() + suggestion[1:]
    raise InvalidParams(detail=detail, path="/output", message=f"--out: {detail}", suggestion=suggestion)
