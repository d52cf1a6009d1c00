"""`sidecar filmstrip FILE -o SHEET or FOLDER`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from protocol.commands.filmstrip import Filmstrip, FilmstripFrame
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved, saved_each, target_of
from sidecar.cli.instants import seconds_range
from sidecar.cli.output import Output
from sidecar.cli.shown import FORMATS, SUFFIXES, ImageFormat, format_in
from sidecar.cli.words import size

USUAL_COUNT = 20
USUAL_HEIGHT = 90


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How pictures look.

    Parameters
    ----------
    width
        Pixels of a picture's width, at most; without it and --height, pictures are 90 pixels high.
    height
        Pixels of a picture's height, at most.
    format_
        The format of pictures in a folder; jpeg if not given.
    quality
        0 to 100, of JPEG and WebP.
    background
        The colour under what is transparent, in JPEG: #RRGGBB.
    """

    width: int | None = None
    height: int | None = None
    format_: Annotated[ImageFormat | None, Parameter(name="--format")] = None
    quality: int = 70
    background: str = "#000000"


USUAL_LOOK = Look()


def filmstrip(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    count: int | None = None,
    interval: float | None = None,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    exact: bool = False,
    look: Look = USUAL_LOOK,
    stream: int = 0,
    overwrite: bool = False,
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
    exact
        Show the very frame of each instant, not the keyframe before it.
    look
        How pictures look.
    stream
        Which picture stream, from 0.
    overwrite
        Replace files that are there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        form, sheet = format_in(out, look.format_), out.suffix.lower() in FORMATS
        target = target_of(out, [str(file)], overwrite=overwrite) if sheet else None
        found: Filmstrip = await engine.request(
            "media.filmstrip",
            path=str(file),
            videoStream=stream,
            range=seconds_range(range_),
            count=USUAL_COUNT if count is None and interval is None else count,
            interval=interval,
            width=look.width,
            height=USUAL_HEIGHT if look.width is None and look.height is None else look.height,
            accuracy="exact" if exact else "keyframe",
            format=form,
            quality=look.quality,
            background=look.background,
            sheet=sheet,
        )
        if target is not None and found.sheet is not None:
            total = await saved(engine, found.sheet, target)
        else:
            pictures = [(each.time, each.image) for each in found.frames]
            total = await saved_each(engine, pictures, out, SUFFIXES[form], overwrite=overwrite)
        output.result(found)
        output.table(("time", "shows", "picture"), [_row(frame) for frame in found.frames])
        output.line(f"{out}: {len(found.frames)} pictures of {found.cell_width}×{found.cell_height}, {size(total)}")
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def _row(frame: FilmstripFrame) -> tuple[str, str, str]:
    picture = "cannot be decoded" if frame.image is None else size(frame.image.bytes)
    return f"{float(Fraction(frame.time)):.3f}", f"{float(Fraction(frame.source_time)):.3f}", picture
