"""`sidecar frame FILE -o PICTURE`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from protocol.commands.preview.batch import Batch, BatchItem
from protocol.commands.preview.frame import PreviewPicture
from protocol.commands.shared import Resource
from protocol.errors import Internal
from protocol.problem import Problem
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved, target_of
from sidecar.cli.instants import instant_of
from sidecar.cli.output import Output
from sidecar.cli.raising import raised
from sidecar.cli.shown import format_of, source_of, sources_of
from sidecar.cli.words import PROBLEM_HEADINGS, problem_rows, size


def frame(
    file: Path,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    at: str = "0",
    width: int | None = None,
    height: int | None = None,
    quality: int = 90,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write one frame of a project, as a render would show it, or of a media file.

    Parameters
    ----------
    file
        A project file or a media file.
    out
        The picture to write: .jpg, .webp or .png, which has no loss.
    at
        When, in seconds (1.5, 1/3) or as a frame (37f).
    width
        Pixels of its width; without it and --height the export's size, or that of the file's picture.
    height
        Pixels of its height.
    quality
        0 to 100, of JPEG and WebP.
    overwrite
        Replace the file if it is there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        form, instant = format_of(out), instant_of(at, "at")
        source = await source_of(file)
        target = target_of(out, [str(file), *await sources_of(engine, source)], overwrite=overwrite)
        look = {"width": width, "height": height, "format": form, "quality": quality}
        found = await _shown(engine, source, instant, look)
        await saved(engine, found.image, target)
        output.result(found.answer)
        output.table(PROBLEM_HEADINGS, problem_rows(found.problems))
        shape = f"{found.image.width}×{found.image.height}, {size(found.image.bytes)}"
        output.line(f"{out}: frame {found.frame} at {float(Fraction(found.time)):.3f} s, {shape}")
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture, and the answer that it came with."""

    image: Resource
    frame: int
    time: str
    problems: list[Problem]
    answer: PreviewPicture | BatchItem


async def _shown(engine: Engine, source: dict[str, Any], instant: dict[str, Any], look: dict[str, Any]) -> _Shown:
    """Ask for one picture, as projects and files are asked."""
    if "project" in source:
        found: PreviewPicture = await engine.request("preview.frame", **source, **instant, **look)
        return _Shown(found.image, found.frame, found.time, found.problems, found)
    wanted = {f"{name}s": [value] for name, value in instant.items()}
    batch: Batch = await engine.request("preview.batch", **source, **wanted, **look)
    (item,) = batch.items
    if item.error is not None:
        raise raised(item.error)
    if item.image is None:
        raise Internal(message="a batch gave neither picture nor error")
    return _Shown(item.image, item.frame, item.time, [], item)
