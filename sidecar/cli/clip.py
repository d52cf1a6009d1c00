"""`sidecar clip FILE -o OUT`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.preview.clip import PreviewedClip
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.shown import source_of
from sidecar.cli.words import PROBLEM_HEADINGS, exact, problem_rows, size

CONTAINERS: dict[str, Literal["mp4", "webm"]] = {".mp4": "mp4", ".webm": "webm"}


def clip(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    width: int = 480,
    quality: int = 60,
    mute: bool = False,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write a small clip of a part of a project or a media file, picture and sound.

    Parameters
    ----------
    file
        A project file or a media file.
    out
        The file to write: .mp4 or .webm.
    range_
        Only FROM:TO, each in seconds (1.5, 1/3) or frames (37f); all of it, at most ten minutes, if not given.
    width
        Pixels of its width, at most as wide as it is.
    quality
        0 to 100.
    mute
        Leave the sound out.
    overwrite
        Replace the file if it is there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        container = CONTAINERS.get(out.suffix.lower())
        if container is None:
            detail = f"{out.name}: a clip is written as .mp4 or .webm"
            raise InvalidParams(detail=detail, path="/out", message=f"--out: {detail}")
        found: PreviewedClip = await engine.request(
            "preview.clip",
            **await source_of(file),
            range=range_of(range_),
            width=width,
            container=container,
            quality=quality,
            sound=not mute,
            output=str(out),
            overwrite=overwrite,
        )
        output.result(found)
        output.table(PROBLEM_HEADINGS, problem_rows(found.problems))
        sound = "with sound" if found.sound else "without sound"
        shape = f"{exact(found.duration)} of {found.width}×{found.height} {sound}, {size(found.clip.bytes)}"
        output.line(f"{out}: {shape}")
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)
