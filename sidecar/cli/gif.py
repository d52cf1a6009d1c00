"""`sidecar gif FILE -o OUT.gif`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from protocol.commands.preview.gif import PreviewedGif
from sidecar.cli.cache import amount
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.shown import source_of
from sidecar.cli.words import PROBLEM_HEADINGS, exact, problem_rows, size


def gif(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    width: int = 480,
    fps: int = 12,
    colors: int = 256,
    dither: Literal["none", "bayer", "diffusion"] = "diffusion",
    loop: Annotated[int, Parameter(allow_leading_hyphen=True)] = 0,
    max_size: str | None = None,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write an animated GIF of a part of a project or a media file.

    Parameters
    ----------
    file
        A project file or a media file.
    out
        The file to write.
    range_
        Only FROM:TO, each in seconds (1.5, 1/3) or frames (37f); all of it, at most a minute, if not given.
    width
        Pixels of its width, at most as wide as it is.
    fps
        Frames a second, at most as many as there are.
    colors
        Colours of its palette, 4 to 256.
    dither
        How colours that it lacks are mixed.
    loop
        How often it is repeated: 0 for ever, -1 never.
    max_size
        How large it may be, in bytes or as 500K, 2M: with less colours, pixels and frames if need be.
    overwrite
        Replace the file if it is there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        found: PreviewedGif = await engine.request(
            "preview.gif",
            **await source_of(file),
            range=range_of(range_),
            width=width,
            fps=fps,
            colors=colors,
            dither=dither,
            loop=loop,
            maxBytes=None if max_size is None else amount(max_size),
            output=str(out),
            overwrite=overwrite,
        )
        output.result(found)
        output.table(PROBLEM_HEADINGS, problem_rows(found.problems))
        shape = f"{found.frames} frames of {found.width}×{found.height} in {found.colors} colours"
        output.line(f"{out}: {exact(found.duration)}, {shape}, {size(found.gif.bytes)}")
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)
