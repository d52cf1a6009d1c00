"""`sidecar storyboard FILE -o SHEET or FOLDER`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import trio
from cyclopts import Parameter

from protocol.commands.preview.storyboard import Storyboard
from protocol.errors import InvalidParams, OutputUnwritable
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import fetched
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.shown import FORMATS, SUFFIXES, source_of
from sidecar.cli.words import size

USUAL_COUNT = 20


def storyboard(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    count: int | None = None,
    interval: float | None = None,
    scenes: bool = False,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    columns: int | None = None,
    width: int = 320,
    gap: int = 4,
    background: str = "#000000",
    plain: bool = False,
    format_: Annotated[Literal["jpeg", "webp", "png"] | None, Parameter(name="--format")] = None,
    quality: int = 80,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write frames of a project or a media file: on one sheet with their times, or each into a folder.

    Beside a sheet lies a WebVTT track of the same name, with which players show its pictures over their time line.

    Parameters
    ----------
    file
        A project file or a media file.
    out
        A picture to write the sheet to (.jpg, .webp, .png), or a folder.
    count
        How many pictures, spread evenly; 20 if nothing else is asked for.
    interval
        Seconds from one picture to the next.
    scenes
        One picture a scene: from edit to edit, and from cut to cut inside the files.
    range_
        Only FROM:TO, each in seconds (1.5, 1/3) or frames (37f).
    columns
        Pictures in a row; about as many as rows if not given.
    width
        Pixels of a picture's width.
    gap
        Pixels between pictures.
    background
        The colour between them.
    plain
        Write no times under the pictures.
    format_
        The format of pictures in a folder; jpeg if not given.
    quality
        0 to 100, of JPEG and WebP.
    overwrite
        Replace files that are there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        sheet = FORMATS.get(out.suffix.lower())
        if sheet is not None and format_ not in {None, sheet}:
            raise InvalidParams(detail=f"{out.name} is no {format_}", path="/format")
        form = sheet or format_ or "jpeg"
        chosen: dict[str, Any] = {"scenes": True} if scenes else {}
        chosen |= {} if interval is None else {"interval": interval}
        chosen |= {} if count is None else {"count": count}
        found: Storyboard = await engine.request(
            "preview.storyboard",
            **await source_of(file),
            **(chosen or {"count": USUAL_COUNT}),
            range=range_of(range_),
            columns=columns,
            width=width,
            gap=gap,
            background=background,
            timecodes=not plain,
            format=form,
            quality=quality,
            output=None if sheet is None else str(out),
            overwrite=overwrite,
        )
        if sheet is None:
            await _write(engine, found, out, SUFFIXES[form], overwrite=overwrite)
        output.result(found)
        rows = [(f"{float(Fraction(each.time)):.3f}", str(each.frame), size(each.image.bytes)) for each in found.frames]
        output.table(("time", "frame", "picture"), rows)
        shape = f"{len(found.frames)} pictures of {found.cell_width}×{found.cell_height}"
        output.line(f"{out}: {shape}" + (f" in {found.rows} rows" if sheet is not None else ""))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


async def _write(engine: Engine, found: Storyboard, folder: Path, suffix: str, *, overwrite: bool) -> None:
    """Write each picture by its number and time."""
    from sidecar.services.preview.written import Target, write  # noqa: PLC0415 - with the services

    try:
        await trio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
    except OSError as error:
        raise OutputUnwritable(path=str(folder), detail=error.strerror or str(error)) from error
    for number, each in enumerate(found.frames, 1):
        path = folder / f"{number:04d}-{float(Fraction(each.time)):.3f}{suffix}"
        await write(Target(path, overwrite), await fetched(engine, each.image))
