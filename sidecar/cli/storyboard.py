"""`sidecar storyboard FILE -o SHEET or FOLDER`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from protocol.commands.preview.storyboard import Storyboard, StoryboardFrame
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved_each
from sidecar.cli.instants import range_of
from sidecar.cli.output import Output
from sidecar.cli.shown import FORMATS, SUFFIXES, ImageFormat, format_in, source_of
from sidecar.cli.words import size

USUAL_COUNT = 20


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How pictures, and the sheet of them, look.

    Parameters
    ----------
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
    """

    columns: int | None = None
    width: int = 320
    gap: int = 4
    background: str = "#000000"
    plain: bool = False
    format_: Annotated[ImageFormat | None, Parameter(name="--format")] = None
    quality: int = 80


USUAL_LOOK = Look()


def storyboard(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    count: int | None = None,
    interval: float | None = None,
    scenes: bool = False,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    look: Look = USUAL_LOOK,
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
    look
        How pictures, and the sheet, look.
    overwrite
        Replace files that are there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        sheet, form = out.suffix.lower() in FORMATS, format_in(out, look.format_)
        chosen: dict[str, Any] = {"scenes": scenes or None, "interval": interval, "count": count}
        found: Storyboard = await engine.request(
            "preview.storyboard",
            **await source_of(file),
            **({name: value for name, value in chosen.items() if value is not None} or {"count": USUAL_COUNT}),
            range=range_of(range_),
            columns=look.columns,
            width=look.width,
            gap=look.gap,
            background=look.background,
            timecodes=not look.plain,
            format=form,
            quality=look.quality,
            output=str(out) if sheet else None,
            overwrite=overwrite,
        )
        if not sheet:
            pictures = [(each.time, each.image) for each in found.frames]
            await saved_each(engine, pictures, out, SUFFIXES[form], overwrite=overwrite)
        output.result(found)
        rows = [(f"{float(Fraction(each.time)):.3f}", str(each.frame), _picture(each)) for each in found.frames]
        output.table(("time", "frame", "picture"), rows)
        shape = f"{len(found.frames)} pictures of {found.cell_width}×{found.cell_height}"
        output.line(f"{out}: {shape}" + (f" in {found.rows} rows" if sheet else ""))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def _picture(frame: StoryboardFrame) -> str:
    return size(frame.image.bytes) if frame.error is None else f"a cross: {frame.error.kind}"
