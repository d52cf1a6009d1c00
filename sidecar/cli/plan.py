"""`sidecar plan PROJECT`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from protocol.commands.render import Plan
from sidecar.cli.drawing import MOST_RUNS, RUN_HEADINGS, drawn, runs
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.presets import preset_params
from sidecar.cli.words import PROBLEM_HEADINGS, clock, exact, problem_rows, size


def plan(
    project: Path,
    /,
    *,
    preset: str | None = None,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Say what a render would do, without doing it: what of it is cached, copied, and left to encode.

    Parameters
    ----------
    project
        The project file.
    preset
        Export settings by name, over those of the project; `sidecar presets` lists them.
    range_
        Plan only FROM:TO, in seconds (1.5:4, 1/3:2) or frames (10f:50f).
    as_json
        Print the plan as JSON.
    """

    async def work(engine: Engine) -> int:
        wanted = range_of(range_)
        chosen = await preset_params(engine, preset)
        found: Plan = await engine.request("render.plan", project={"path": str(project)}, range=wanted, **chosen)
        output.result(found)
        if found.problems:
            output.table(PROBLEM_HEADINGS, problem_rows(found.problems))
        for parts in drawn(found, output.width):
            output.parts(parts)
        listed = runs(found)
        output.table(RUN_HEADINGS, listed[:MOST_RUNS])
        if len(listed) > MOST_RUNS:
            output.line(f"and {len(listed) - MOST_RUNS} more; --json lists every segment", "dim")
        output.table(("what", "value"), rows(found))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(found: Plan) -> list[tuple[str, str]]:
    """The plan as rows; what is not known yet is left out."""
    summary = found.plan
    lines = [
        ("picture", f"{found.width}×{found.height} at {found.frame_rate} frames/s, {summary.encoder.video or 'none'}"),
        ("sound", summary.encoder.audio or "none"),
        ("container", found.container),
        ("duration", f"{exact(summary.duration)}, {summary.frames} frames"),
        ("to encode", f"{summary.frames_to_encode} frames, {summary.encode} of {summary.segments} segments"),
    ]
    lines += [("not copied", line) for line in _not_copied(found)]
    lines += [("takes about", _lasting(summary.estimated_seconds))] if summary.estimated_seconds is not None else []
    lines += [("size about", size(summary.estimated_bytes))] if summary.estimated_bytes is not None else []
    lines += [("reads", f"{entry.path} ({', '.join(entry.clips)})") for entry in found.inputs]
    return [*lines, ("key", found.key)]


def _not_copied(found: Plan) -> list[str]:
    """Say once for each reason how many clips are not copied, or not wholly."""
    counts = Counter(each.reason for each in found.not_copied if each.pointer != "/export")
    lines = [f"{count} clip{'s' if count > 1 else ''}: {reason}" for reason, count in counts.items()]
    return [*(each.reason for each in found.not_copied if each.pointer == "/export"), *lines]


def _lasting(seconds: float) -> str:
    return clock(seconds) if seconds >= 1 else "less than a second"
