"""`sidecar validate PROJECT`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.project import Validated
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE, FAILED
from sidecar.cli.output import Output
from sidecar.cli.words import PROBLEM_HEADINGS, exact, problem_rows


def validate(
    project: Path,
    /,
    *,
    media: Literal["none", "cached", "probe"] = "probe",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """List every problem of a project file; exits with 1 if one is an error.

    Parameters
    ----------
    project
        The project file.
    media
        What to do about the media files: leave them alone (none), go by what earlier probes found (cached), or read
        them (probe).
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        found: Validated = await engine.request("project.validate", project={"path": str(project)}, media=media)
        output.result(found)
        output.table(PROBLEM_HEADINGS, problem_rows(found.problems))
        errors = sum(problem.severity == "error" for problem in found.problems)
        warnings = len(found.problems) - errors
        what = "valid" if found.valid else "not valid"
        output.line(
            f"{what}: {errors} errors, {warnings} warnings; {found.frames} frames, {exact(found.duration)} "
            f"at {found.frame_rate} frames/s",
            "ok" if found.valid else "error",
        )
        return DONE if found.valid else FAILED

    output = Output.choose(as_json=as_json)
    return run(work, output)
