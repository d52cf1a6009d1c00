"""Where a clip's picture lies: in the frame or in a layout's cell, still or moving."""

from __future__ import annotations

from dataclasses import replace

from protocol.project import FileSource
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.picture.convert import Formats
from sidecar.ffmpeg.builder.picture.effects import acts, pixelwise
from sidecar.ffmpeg.builder.picture.geometry import Frame, Rect, fills
from sidecar.ffmpeg.builder.picture.geometry_moving import (
    Motion,
    MovingPlacement,
    constant_crop,
    constant_pose,
    moves,
    place_moving,
)
from sidecar.ffmpeg.builder.picture.geometry_still import Placement, place
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene

Placed = Placement | MovingPlacement

_ALIGN = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


def place_item(item: Item, scene: Scene, span: tuple[int, int]) -> Placed | None:
    """Place a clip's picture over project frames [first, end), handles included; None where it is never on screen.

    Whether it moves, its raster and its window follow from the whole clip, so any two spans agree about a frame.
    """
    clip, canvas = item.clip, scene.canvas
    box = box_of(item, canvas)
    frame = _frame(item, scene, box)
    fit = clip.fit if item.cell is None else item.cell.cell.fit
    if item.cell is None and not isinstance(clip.source, FileSource):
        # What is generated has the frame's own size; its canvas may be off the aspect by a rounding.
        fit = "stretch"
    catalogue = scene.resources.catalogue
    whole = acts(clip.effects, catalogue) and not pixelwise(clip.effects, catalogue)
    if moves(clip.crop, clip.transform):
        motion = Motion(clip.crop, clip.transform, scene.rate)
        own = (item.first - item.head, item.end + item.tail)
        return place_moving(frame, fit, motion, box=box, begins=item.first, own=own, span=span, whole=whole)
    placed = place(frame, constant_crop(clip.crop), fit, constant_pose(clip.transform), whole=whole)
    if placed is None:
        return None
    left, top = box[:2]
    warp = None if placed.warp is None else placed.warp.moved(left, top)
    return replace(placed, x=placed.x + left, y=placed.y + top, warp=warp, box=box)


def box_of(item: Item, canvas: Canvas) -> Rect:
    """Return the part of the canvas that a clip is fitted into and cut to."""
    return (0, 0, *canvas.size) if item.cell is None else item.cell.rectangle(canvas.size, canvas.scale)


def covers(placement: Placed, canvas: tuple[int, int]) -> bool:
    """Whether an opaque picture leaves nothing of the canvas to be seen, at any frame."""
    if placement.box != (0, 0, *canvas):
        return False
    if isinstance(placement, MovingPlacement):
        return placement.filled
    if placement.warp is not None:
        return fills(placement.warp, placement.shown, placement.box)
    width, height = placement.laid_size
    right, bottom = placement.x + width, placement.y + height
    return placement.x <= 0 and placement.y <= 0 and right >= canvas[0] and bottom >= canvas[1]


def lies_plain(placement: Placed, formats: Formats) -> bool:
    """Whether an opaque picture can be laid in the format with subsampled colour: on even places, in even sizes."""
    if isinstance(placement, MovingPlacement) or placement.warp is not None:
        return False
    width, height = placement.laid_size
    cut = placement.cut or (0, 0, 0, 0)
    across, down = (placement.x, width, cut[0]), (placement.y, height, cut[1])
    return not any(v % formats.step_x for v in across) and not any(v % formats.step_y for v in down)


def _frame(item: Item, scene: Scene, box: Rect) -> Frame:
    canvas = scene.canvas
    source, upright = canvas.size, (scene.timeline.width, scene.timeline.height)
    if item.file is not None and item.file.video is not None:
        video = item.file.video
        turned = video.rotation in (90, 270)
        source = (video.height, video.width) if turned else (video.width, video.height)
        upright = video.upright
    align = (0.5, 0.5)
    if item.cell is not None:
        align = (_ALIGN[item.cell.cell.align_x], _ALIGN[item.cell.cell.align_y])
    return Frame(source, upright, (box[2] - box[0], box[3] - box[1]), canvas.scale, align)
