"""The rules of meaning, over everything in a project that is sound."""

from __future__ import annotations

from protocol.project.check.ids import Ids
from protocol.project.check.parts import Parts
from protocol.project.check.placement import check_kind, place_clips
from protocol.project.check.sink import Sink


def check_rules(parts: Parts, ids: Ids, sink: Sink) -> None:
    """Note every breach of PROJECT.md §1–§3, §6 and §8 that the project alone shows."""
    for at in parts.groups:
        for index, clip_id in enumerate(at.value.clips):
            if clip_id not in ids.clips:
                sink.add("unknownReference", f"{at.pointer}/clips/{index}", f'There is no clip "{clip_id}"', id=clip_id)
    for part in parts.tracks:
        for clip in part.clips:
            check_kind(part, clip, sink)
        if parts.rate is not None:
            place_clips(part, parts.rate, sink)
