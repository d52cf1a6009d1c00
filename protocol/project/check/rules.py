"""The rules of meaning, over everything in a project that is sound."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.project import Effect, GraphicSource, LayoutCell, Template, TitleSource
from protocol.project.check.clips import check_clip, check_path
from protocol.project.check.export import check_export
from protocol.project.check.graphics import check_graphic
from protocol.project.check.ids import Ids
from protocol.project.check.limits import check_limits
from protocol.project.check.parts import Parts, Placed, TrackParts
from protocol.project.check.placement import check_kind, place_clips
from protocol.project.check.sink import Sink
from protocol.project.check.text import check_subtitles, check_title
from protocol.project.check.transitions import check_transition_alone, check_transitions
from protocol.project.layouts import BUILT_IN
from protocol.time import parse_seconds


def check_rules(parts: Parts, ids: Ids, sink: Sink) -> None:
    """Note every breach of docs/project.md §1–§3, §6 and §8 that the project alone shows."""
    check_limits(parts, sink)
    templates = BUILT_IN | {at.value.id: at.value for at in parts.templates}
    channels = None if "channels" in parts.broken else parts.header.channels
    for part in parts.tracks:
        _clips(part, ids, channels, templates, sink)
        joined = [at for at in part.transitions if check_transition_alone(part, at, ids, sink)]
        if parts.rate is not None:
            spots = place_clips(part, parts.rate, sink)
            check_transitions(part, joined, spots, parts.rate, sink)
        check_subtitles(part, sink)
        _effects(part.effects, sink)
    _effects(parts.effects, sink)
    _bin(parts, ids, sink)
    check_export(parts, sink)


def _clips(part: TrackParts, ids: Ids, channels: int | None, templates: dict[str, Template], sink: Sink) -> None:
    for at in part.clips:
        clip = at.value
        check_kind(part, at, sink)
        check_clip(at, ids, channels, sink)
        if isinstance(clip.source, TitleSource):
            check_title(clip.source, f"{at.pointer}/source", sink)
        elif isinstance(clip.source, GraphicSource):
            check_graphic(clip.source, f"{at.pointer}/source", sink)
        if clip.layout is not None:
            _cell(clip.layout, at.pointer, templates, ids, sink)
        if clip.effects:
            _effects((Placed(f"{at.pointer}/effects/{i}", effect) for i, effect in enumerate(clip.effects)), sink)


def _cell(layout: LayoutCell, pointer: str, templates: dict[str, Template], ids: Ids, sink: Sink) -> None:
    """Look for the cell in a template of the project's own, or a built-in one."""
    template = templates.get(layout.template)
    if template is None:
        if layout.template not in ids.templates:
            meant = sink.nearest(layout.template, templates)
            at, message = f"{pointer}/layout/template", f'There is no layout "{layout.template}"'
            sink.add("unknownReference", at, message, id=layout.template, nearest=meant)
        return
    cells = [cell.id for cell in template.cells]
    if isinstance(layout.cell, int):
        known, nearest = layout.cell < len(cells), None
    else:
        known, nearest = layout.cell in cells, sink.nearest(layout.cell, [cell for cell in cells if cell])
    if not known:
        message = f'The template "{layout.template}" has {len(cells)} cells, and no {layout.cell}'
        sink.add("unknownReference", f"{pointer}/layout/cell", message, id=layout.cell, nearest=nearest)


def _effects(effects: Iterable[Placed[Effect]], sink: Sink) -> None:
    for at in effects:
        end = at.value.end
        if end is not None and parse_seconds(end) <= parse_seconds(at.value.start):
            sink.add("endBeforeStart", f"{at.pointer}/end", "The effect ends before it starts", value=end)


def _bin(parts: Parts, ids: Ids, sink: Sink) -> None:
    """Media, fonts, groups and markers."""
    for medium in parts.media:
        check_path(medium.value.path, f"{medium.pointer}/path", sink)
    for index, font in enumerate(parts.header.fonts):
        check_path(font.path, f"/fonts/{index}/path", sink)
    for group in parts.groups:
        for index, clip_id in enumerate(group.value.clips):
            if clip_id not in ids.clips:
                nearest = sink.nearest(clip_id, ids.clips)
                pointer, message = f"{group.pointer}/clips/{index}", f'There is no clip "{clip_id}"'
                sink.add("unknownReference", pointer, message, id=clip_id, nearest=nearest)
    for marker in parts.markers:
        for name in ("time", "duration"):
            value = getattr(marker.value, name)
            if parse_seconds(value) < 0:
                message = f"A marker's {name} is no less than zero"
                sink.add("negativeTime", f"{marker.pointer}/{name}", message, value=value, nearest=0)
