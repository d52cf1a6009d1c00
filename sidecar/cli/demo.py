"""`sidecar demo [OUT]`: a project of its own, saved beside the video that is rendered from it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from protocol.commands.media import MediaInfo
from protocol.commands.project import Saved
from protocol.errors import OutputExists
from sidecar.cli.demo_project import SECONDS, OwnClip, demo_project
from sidecar.cli.engine import Engine, run
from sidecar.cli.output import Output
from sidecar.cli.watch import render_job


def demo(
    out: Path = Path("demo.mp4"),
    /,
    *,
    media: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Render a twenty-second demonstration, and save its project beside the video.

    Parameters
    ----------
    out
        The video to write; the project gets the same name with .json.
    media
        Your own files, shown (or heard) one after the other.
    overwrite
        Replace both files if they are there.
    as_json
        Print the finished job as JSON.
    """

    async def work(engine: Engine) -> int:
        project = out.with_suffix(".json")
        if not overwrite and (taken := [path for path in (out, project) if path.exists()]):
            raise OutputExists(path=str(taken[0]), suggestion="Name another file, or add --overwrite")
        own = [await _own_clip(engine, path) for path in media or ()]
        made = {"inline": demo_project(own), "basePath": str(Path.cwd())}
        saved: Saved = await engine.request("project.save", project=made, path=str(project), backups=0)
        output.line(f"{saved.path}: the project")
        rendered = {"path": saved.path}
        return await render_job(engine, output, project=rendered, output=str(out), overwrite=overwrite)

    output = Output.choose(as_json=as_json)
    return run(work, output)


async def _own_clip(engine: Engine, path: Path) -> OwnClip:
    """Look at a file of the user's. Raises what media.probe raises, also for one that has neither picture nor sound."""
    info: MediaInfo = await engine.request("media.probe", path=str(path))
    # Stills have no duration; they may stand for as long as their share lasts.
    duration = Fraction(info.duration) if info.duration is not None else Fraction(SECONDS)
    return OwnClip(info.path, duration, picture=bool(info.video), sound=bool(info.audio))
