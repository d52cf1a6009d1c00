"""What a clip takes of its file must be in the file (PROJECT.md §4, step 2, and §6): pure, over a resolved timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from protocol.problem import Problem
from protocol.project import FileSource
from protocol.time import format_exact, parse_seconds
from sidecar.core.timeline import Item, Lane, Timeline
from sidecar.services.projects.findings import finding


def check_sources(timeline: Timeline) -> Iterator[Problem]:
    """Yield what clips ask of their files that the files do not have; clips of unknown files are passed over."""
    for lanes, picture in ((timeline.video, True), (timeline.audio, False)):
        for lane in lanes:
            yield from _check_lane(lane, timeline.rate, picture=picture)


def _check_lane(lane: Lane, rate: Fraction, *, picture: bool) -> Iterator[Problem]:
    for item in lane.items:
        source = item.clip.source
        if item.file is None or not isinstance(source, FileSource):
            continue
        missing = list(_check_streams(item, source, picture=picture))
        yield from missing
        if not missing:
            yield from _check_range(item, rate, picture=picture)


def _check_streams(item: Item, source: FileSource, *, picture: bool) -> Iterator[Problem]:
    reading = item.file
    if reading is None:
        return
    facts, ids = reading.facts, [item.clip.id]
    if picture and source.video_stream is not None and reading.video is None:
        yield finding(
            f"{item.pointer}/source/videoStream",
            f"{facts.path} has {len(facts.video)} picture streams, and none with index {source.video_stream}",
            rule="streamNotInFile",
            ids=ids,
            suggestion=None if facts.video else "A file without picture belongs on an audio track",
            path=facts.path,
            streams=len(facts.video),
            index=source.video_stream,
        )
    # Picture without sound is silence; a stream that was asked for by number, or that a sound track plays, is not.
    if reading.audio is None and source.audio_stream is not None and (source.audio_stream > 0 or not picture):
        yield finding(
            f"{item.pointer}/source/audioStream",
            f"{facts.path} has {len(facts.audio)} sound streams, and none with index {source.audio_stream}",
            rule="streamNotInFile",
            ids=ids,
            path=facts.path,
            streams=len(facts.audio),
            index=source.audio_stream,
        )
    channels = reading.audio.channels if reading.audio is not None else 0
    for place, channel in enumerate(source.channel_map or ()):
        if reading.audio is not None and channel is not None and channel >= channels:
            yield finding(
                f"{item.pointer}/source/channelMap/{place}",
                f"The sound of {facts.path} has {channels} channels, and none with index {channel}",
                rule="channelNotInFile",
                ids=ids,
                path=facts.path,
                channels=channels,
                index=channel,
            )


def _check_range(item: Item, rate: Fraction, *, picture: bool) -> Iterator[Problem]:
    reading, clip = item.file, item.clip
    if reading is None or reading.looped or clip.time_map is not None:
        return
    video = reading.video if picture else None
    duration = reading.facts.duration
    if duration is None or (video is not None and video.still):
        return
    frame = 1 / video.rate if video is not None and video.rate is not None else 1 / rate
    start = parse_seconds(clip.source_start)
    if clip.freeze:
        if start > duration:
            yield _held(item, "sourceEnd", duration, range(item.first, item.end))
        return
    speed = Fraction(repr(clip.speed))
    used = start + item.frames / rate * speed
    if used > duration + frame:
        yield finding(
            f"{item.pointer}/duration",
            f"The clip takes {_seconds(used)} s of {reading.facts.path}, which lasts {_seconds(duration)} s",
            rule="sourceRange",
            ids=[clip.id],
            suggestion=_fitting((duration - start) / speed),
            path=reading.facts.path,
            needed=format_exact(used),
            duration=format_exact(duration),
        )
        return
    handles = (*range(item.first - item.head, item.first), *range(item.end, item.end + item.tail))
    held = [n for n in handles if not 0 <= item.instant(n, rate) < duration]
    if held:
        yield _held(item, "shortHandle", duration, held)


def _held(item: Item, code: str, duration: Fraction, frames: Sequence[int]) -> Problem:
    path = item.file.facts.path if item.file is not None else ""
    return finding(
        item.pointer,
        f"{path} lasts {_seconds(duration)} s: an edge frame of it is held for {len(frames)} frames, without sound",
        rule=code,
        code=code,
        severity="warning",
        ids=[item.clip.id],
        path=path,
        frames=len(frames),
        first=frames[0],
        last=frames[-1],
        duration=format_exact(duration),
    )


def _fitting(left: Fraction) -> str:
    if left <= 0:
        return "Begin earlier in the source, loop it, or freeze a frame of it"
    return f"At most {_seconds(left)} s fit from there; or loop it, or freeze a frame of it"


def _seconds(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")
