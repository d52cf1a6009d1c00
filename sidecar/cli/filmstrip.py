"""`sidecar filmstrip FILE -o SHEET or FOLDER`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import trio
from cyclopts import Parameter

from protocol.commands.filmstrip import Filmstrip, FilmstripFrame
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved
from sidecar.cli.instants import seconds_range
from sidecar.cli.output import Output
from sidecar.cli.words import size

FORMATS: dict[str, Literal["jpeg", "webp", "png"]] = {".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".png": "png"}
SUFFIXES = {"jpeg": ".jpg", "webp": ".webp", "png": ".png"}
USUAL_COUNT = 20


def filmstrip(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    count: int | None = None,
    interval: float | None = None,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    width: int | None = None,
    height: int | None = None,
    exact: bool = False,
    format_: Annotated[Literal["jpeg", "webp", "png"] | None, Parameter(name="--format")] = None,
    quality: int = 70,
    background: str = "#000000",
    stream: int = 0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write small pictures of a file: one sheet of all, or a folder with each.

    Parameters
    ----------
    file
        The media file.
    out
        A picture to write the sheet to (.jpg, .webp, .png), or a folder.
    count
        How many pictures, spread evenly; 20 if neither this nor --interval is given.
    interval
        Seconds from one picture to the next.
    range_
        Only FROM:TO, in seconds (1.5:4, 1/3:2).
    width
        Pixels of a picture's width, at most; without it and --height, pictures are 90 pixels high.
    height
        Pixels of a picture's height, at most.
    exact
        Show the very frame of each instant, not the keyframe before it.
    format_
        The format of pictures in a folder; jpeg if not given.
    quality
        0 to 100, of JPEG and WebP.
    background
        The colour under what is transparent, in JPEG: #RRGGBB.
    stream
        Which picture stream, from 0.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        form = _form(out, format_)
        found: Filmstrip = await engine.request(
            "media.filmstrip",
            path=str(file),
            videoStream=stream,
            range=seconds_range(range_),
            count=USUAL_COUNT if count is None and interval is None else count,
            interval=interval,
            width=width,
            height=90 if width is None and height is None else height,
            accuracy="exact" if exact else "keyframe",
            format=form,
            quality=quality,
            background=background,
            sheet=out.suffix.lower() in FORMATS,
        )
        return await _finish(engine, output, found, out, SUFFIXES[form])

    output = Output.choose(as_json=as_json)
    return run(work, output)


def _form(out: Path, wanted: Literal["jpeg", "webp", "png"] | None) -> Literal["jpeg", "webp", "png"]:
    sheet = FORMATS.get(out.suffix.lower())
    if sheet is not None and wanted not in {None, sheet}:
        raise InvalidParams(detail=f"{out.name} is no {wanted}", path="/format")
    return sheet or wanted or "jpeg"


async def _finish(engine: Engine, output: Output, found: Filmstrip, out: Path, suffix: str) -> int:
    written = await _write(engine, found, out, suffix)
    output.result(found)
    output.table(("time", "shows", "picture"), [_row(frame) for frame in found.frames])
    output.line(f"{out}: {len(found.frames)} pictures of {found.cell_width}×{found.cell_height}, {size(written)}")
    return DONE


async def _write(engine: Engine, found: Filmstrip, out: Path, suffix: str) -> int:
    """Write the sheet, or each picture by its number and time; returns the bytes."""
    if found.sheet is not None:
        return await saved(engine, found.sheet, out)
    from sidecar.services.files import write_error  # noqa: PLC0415 - with the services, which help does not need

    try:
        await trio.to_thread.run_sync(lambda: out.mkdir(parents=True, exist_ok=True))
    except OSError as error:
        raise write_error(out, error) from error
    total = 0
    for number, frame in enumerate(found.frames, 1):
        if frame.image is not None:
            name = f"{number:04d}-{float(Fraction(frame.time)):.3f}{suffix}"
            total += await saved(engine, frame.image, out / name)
    return total


def _row(frame: FilmstripFrame) -> tuple[str, str, str]:
    picture = "cannot be decoded" if frame.image is None else size(frame.image.bytes)
    return f"{float(Fraction(frame.time)):.3f}", f"{float(Fraction(frame.source_time)):.3f}", picture
