"""Runs what effects must know of a whole picture: over a file of grey frames, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sidecar.core.timeline import Item, Timeline
from sidecar.ffmpeg.builder.catalogue import Analysis, Catalogue
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.clips import open_clip
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.layer import lay
from sidecar.ffmpeg.builder.picture.placing import place_item
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene, Tap
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

FRAMES = "frames.grey"
"""The file, in the folder that the command runs in."""

AT_ONCE = 64
"""Frames that are in memory together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An analysis that an effect of a clip needs."""

    item: Item
    pointer: str
    analysis: Analysis


def wanted(timeline: Timeline, catalogue: Catalogue) -> Iterator[Wanted]:
    """Return the analyses that a timeline needs, those of effects that are given others' results after those."""
    for lane in timeline.video:
        for item in lane.items:
            for index, effect in enumerate(item.clip.effects):
                kind = catalogue.effects.get(effect.type)
                if kind is None or kind.analysis is None or not effect.enabled or effect.mix == 0:
                    continue
                if not kind.idle(kind.read(effect.parameters)):
                    yield Wanted(item, f"{item.pointer}/effects/{index}", kind.analysis)


def question(asked: Wanted, timeline: Timeline, resources: Resources) -> tuple[Command, tuple[int, int]] | None:
    """Build the command that writes what an effect is given, from its clip's first frame to its last, and their size.

    At the project's own size and in 8 bits, whatever is rendered: so the answer is the same for all. None for a clip
    that is never on screen, and for an effect that acts on none of its frames.
    """
    item, size = asked.item, (timeline.width, timeline.height)
    scene = Scene(timeline, Canvas(size, (1.0, 1.0)), formats("yuv420p"), resources)
    span = item.first - item.head, item.end + item.tail
    placed = place_item(item, scene, span)
    if placed is None:
        return None
    lay(open_clip(item, scene, span), item, placed, scene, plain=False)
    tap = scene.taps.get(asked.pointer)
    if tap is None:
        return None
    command = grey_command(tap, asked.analysis.width, span[1] - span[0], scene.files)
    return command, grey_size(tap.size, asked.analysis.width)


def grey_size(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the size that frames are analysed in: no wider than they are."""
    wide = min(width, size[0])
    return wide, max(1, round(size[1] * wide / size[0]))


def grey_command(tap: Tap, width: int, frames: int, files: SideFiles) -> Command:
    """Build the command that writes frames as grey to `FRAMES`."""
    wide, high = grey_size(tap.size, width)
    flags = "area+accurate_rnd+bitexact"
    stream: Stream = node("format", tap.stream, pix_fmts="gbrp|gbrp16le|gbrap|gbrap16le")
    stream = node("scale", stream, w=wide, h=high, out_range="full", out_color_matrix="bt709", flags=flags)
    stream = node("format", stream, pix_fmts="gray")
    options = (("f", "rawvideo"), ("fps_mode", "passthrough"))
    return Command(
        outputs=(Output((stream,), options, FRAMES),),
        files=files.all(),
        globals_=(("copyts", None),),
        frames=frames,
        environment=FONT_ENVIRONMENT,
    )


def analysed(analysis: Analysis, path: Path, size: tuple[int, int]) -> Iterator[bytes]:
    """Analyse a file of grey frames; yields the table piece by piece. `size` is that of the grey frames."""
    length = size[0] * size[1]
    kept = b""
    with path.open("rb") as file:
        while fresh := file.read(AT_ONCE * length):
            given = len(kept) // length
            yield analysis.run(kept + fresh, size, given)
            kept = (kept + fresh)[-analysis.before * length :] if analysis.before else b""
