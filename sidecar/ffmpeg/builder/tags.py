"""Tags of the written file: those of the first source where they are wanted, the project's own over them."""

from __future__ import annotations

from protocol.project import Export
from protocol.project.formats import CONTAINERS
from sidecar.core.timeline import OutputSpan, Timeline

OWN = ("title", "artist", "comment", "date", "copyright")
"""Tags that a project has itself."""

_STRUCTURE = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "software", "tsc", "tsf"}
)
"""What files say of their own form: of another file it would be untrue."""


def own_tags(export: Export) -> tuple[tuple[str, str], ...]:
    """Return the project's own tags, those that are written."""
    # No argument can hold a NUL, and no container either.
    found = ((name, getattr(export.metadata, name).replace("\0", "")) for name in OWN)
    return tuple((name, value) for name, value in found if value)


def source_tags(timeline: Timeline, export: Export, span: OutputSpan) -> tuple[tuple[str, str], ...]:
    """Return the tags of the file that is seen first, of the lowest track; where none is seen, of that heard first.

    None unless the export asks for them. The place where it was taken may be among them.
    """
    if not export.copy_source_metadata or not CONTAINERS[export.container].tags:
        return ()
    own = {name for name, _ in own_tags(export)}
    for lanes in (timeline.video, timeline.audio):
        shown = [
            (max(item.first, span.first), place, item.file.facts.tags)
            for place, lane in enumerate(lanes)
            for item in lane.items
            if item.file is not None and item.first < span.end and item.end > span.first
        ]
        if shown:
            tags = min(shown)[2]
            return tuple((name, value) for name, value in tags if name.lower() not in own | _STRUCTURE)
    return ()
