"""Small files in place of large ones, where they show the same at the same times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from protocol.project import Clip, FileSource, Interpret, Media, Project, SubtitleTrack
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import Timeline, source_path
from sidecar.services.media.proxy.service import KIND, ProxyService
from sidecar.services.preview.stage import Choice, Kept
from sidecar.services.projects.world import CheckRead

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned


@dataclass(slots=True)
class Swapped:
    """Sources by the path as it is written, some of them small; `missing` are proxies that may be there later."""

    sources: dict[str, SourceFacts]
    missing: list[Kept] = field(default_factory=list)
    pinned: list[Pinned] = field(default_factory=list)
    small: set[str] = field(default_factory=set)

    def spans(self, timeline: Timeline) -> list[tuple[int, int]]:
        """Return the frames [first, end) on which a small file may be seen."""
        return [
            (item.first - item.head, item.end + item.tail)
            for lane in timeline.video
            for item in lane.items
            if item.file is not None and item.file.facts.path in self.small
        ]

    def media(self, timeline: Timeline) -> Choice:
        """Say what the clips of a timeline play."""
        played = {item.file.facts.path for lane in timeline.video for item in lane.items if item.file is not None}
        if not played & self.small:
            return "original"
        return "proxy" if played <= self.small else "mixed"


async def swapped(
    project: Project, sources: Mapping[str, SourceFacts], proxies: ProxyService, read: CheckRead
) -> Swapped:
    """Put small files in the place of large ones, as far as they are there by now. Cancelled, nothing stays pinned."""
    found = Swapped(dict(sources))
    try:
        await _swap(found, project, proxies, read)
    except BaseException:
        for pinned in found.pinned:
            pinned.release()
        raise
    return found


async def _swap(found: Swapped, project: Project, proxies: ProxyService, read: CheckRead) -> None:
    apart = {written for written, fits in _uses(project) if not fits}
    for written in {written for written, _ in _uses(project)} - apart:
        facts = found.sources.get(written)
        if facts is None or not facts.video:
            continue
        stand_in = await proxies.stand_in(facts, read)
        if stand_in.facts is not None:
            found.sources[written] = stand_in.facts
            found.small.add(stand_in.facts.path)
        if stand_in.pinned is not None:
            found.pinned.append(stand_in.pinned)
        if stand_in.key is not None:
            found.missing.append((KIND, stand_in.key))


def _uses(project: Project) -> Iterator[tuple[str, bool]]:
    """Yield each use of a file by its path as it is written, and whether a small file could take its place there.

    It could not where the file is read otherwise than its tags say, where its size in pixels counts, and where it
    ends, or is damaged: a proxy is whole, and may be a moment longer or shorter.
    """
    media = {entry.id: entry for entry in project.media}
    for track in project.tracks:
        for clip in () if isinstance(track, SubtitleTrack) else track.clips:
            if isinstance(clip.source, FileSource):
                written = source_path(clip.source, media)
                if written is not None:
                    yield written, _fits(clip, clip.source, media)


def _fits(clip: Clip, source: FileSource, media: Mapping[str, Media]) -> bool:
    entry = None if source.media is None else media.get(source.media)
    return (
        source.video_stream in (0, None)
        and not source.loop
        and source.on_error == "fail"
        and clip.fit != "none"
        and clip.layout is None
        and (entry is None or entry.interpret == Interpret())
    )
