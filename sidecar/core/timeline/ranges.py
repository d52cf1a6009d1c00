"""What the files behind a timeline cannot give (docs/project.md §4, step 2; the rest of validation needs no files)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from protocol.problem import Problem
from protocol.project import FileSource, VideoTrack
from protocol.time import format_exact
from sidecar.core.source import SourceVideo
from sidecar.core.timeline.findings import finding, not_supported
from sidecar.core.timeline.model import Crossing, FileReading, Item, Lane, Timeline


def range_problems(timeline: Timeline) -> list[Problem]:
    """List what clips ask of their files that is not there: streams, seconds, handles; and what cannot be read."""
    return [problem for lane in timeline.lanes for problem in _lane(lane, timeline.rate)]


def _lane(lane: Lane, rate: Fraction) -> Iterator[Problem]:
    for item in lane.items:
        yield from _item(item, lane, rate)
    for crossing in lane.crossings:
        if crossing.transition.audio == "cut":
            continue
        into, out_of = crossing.incoming, crossing.outgoing
        if into is not None and into.audio_fade_in > 0:
            yield _unheard(into, crossing, "audioFadeIn")
        if out_of is not None and out_of.audio_fade_out > 0:
            yield _unheard(out_of, crossing, "audioFadeOut")


def _unheard(item: Item, crossing: Crossing, name: str) -> Problem:
    return finding(
        "fadeUnderTransition",
        f"{item.pointer}/{name}",
        f"{name} is not applied: a transition lies on this edge",
        severity="warning",
        ids=(item.clip.id, crossing.transition.id),
    )


def _item(item: Item, lane: Lane, rate: Fraction) -> Iterator[Problem]:
    reading, source = item.file, item.clip.source
    if reading is None or not isinstance(source, FileSource):
        return
    yield from _streams(item, reading, source, lane)
    if isinstance(lane.track, VideoTrack) and reading.video is not None:
        yield from _picture(item, reading.video, reading, rate)
    yield from _channels(item, reading, source)
    yield from _range(item, reading, rate)


def _streams(item: Item, reading: FileReading, source: FileSource, lane: Lane) -> Iterator[Problem]:
    ids = (item.clip.id,)
    picture = isinstance(lane.track, VideoTrack)
    for wanted, found, there, name, needed in (
        (source.video_stream, reading.video, len(reading.facts.video), "video", picture),
        (source.audio_stream, reading.audio, len(reading.facts.audio), "audio", not picture),
    ):
        # Stream 0 is the default: a file without sound is silence, one without picture is an error on a video track.
        if found is None and (needed or wanted not in (None, 0)):
            pointer = f"{item.pointer}/source"
            yield finding(
                "invalidProject",
                pointer,
                f"{reading.facts.path} has {there} {name} streams, and stream {wanted} is asked for",
                suggestion=f"Use a stream below {there}" if there else "Use another file, or another track",
                ids=ids,
                rule="streamMissing",
                stream=wanted,
                streams=there,
                medium=name,
            )


def _channels(item: Item, reading: FileReading, source: FileSource) -> Iterator[Problem]:
    if reading.audio is None:
        return
    there = reading.audio.channels
    for place, channel in enumerate(source.channel_map or ()):
        if channel is not None and channel >= there:
            yield finding(
                "invalidProject",
                f"{item.pointer}/source/channelMap/{place}",
                f"{reading.facts.path} has {there} channels, and channel {channel} is asked for",
                suggestion=f"Use a channel below {there}, or null for silence",
                ids=(item.clip.id,),
                rule="channelMissing",
                channel=channel,
                channels=there,
            )


def _picture(item: Item, video: SourceVideo, reading: FileReading, rate: Fraction) -> Iterator[Problem]:
    ids, pointer = (item.clip.id,), f"{item.pointer}/source"
    if video.color.transfer in ("pq", "hlg"):
        what = f"Tone mapping of {video.color.transfer.upper()} ({reading.facts.path})"
        yield not_supported(pointer, what, suggestion="Convert the file to BT.709", ids=ids)
    if reading.looped and reading.facts.duration is not None and not video.still:
        needed = item.source_start + item.frames / rate * item.speed
        if needed > reading.facts.duration:
            what = f"Looping a file ({reading.facts.path})"
            yield not_supported(pointer, what, suggestion="Set loop to false", ids=ids)


def _range(item: Item, reading: FileReading, rate: Fraction) -> Iterator[Problem]:
    """Check that the source holds the clip, and whether it holds its handles."""
    duration = reading.facts.duration
    video = reading.video
    still = video is not None and video.still
    if duration is None or still or reading.looped:
        return
    if item.clip.freeze:
        yield from _frozen(item, duration)
        return
    frame = 1 / video.rate if video is not None and video.rate is not None else 1 / rate
    ids = (item.clip.id,)
    wanted = item.source_start + item.frames / rate * item.speed
    if wanted > duration + frame:
        most = max(Fraction(0), (duration - item.source_start) / item.speed)
        yield finding(
            "invalidProject",
            f"{item.pointer}/duration",
            f"The clip needs {float(wanted):.6g} s of its source, which has {float(duration):.6g} s",
            suggestion=f"Use a duration of at most {float(most):.6g} s",
            ids=ids,
            rule="sourceRange",
            needed=format_exact(wanted),
            available=format_exact(duration),
        )
        return
    early = _frames_before(item, rate)
    late = _frames_after(item, rate, duration)
    if early or late:
        yield finding(
            "shortHandle",
            item.pointer,
            f"The source ends before the transition does: its edge frame is held for {early + late} frames",
            severity="warning",
            suggestion="Trim the clip, or shorten the transition",
            ids=ids,
            before=early,
            after=late,
        )


def _frozen(item: Item, duration: Fraction) -> Iterator[Problem]:
    if item.source_start > duration:
        yield finding(
            "sourceEnd",
            item.pointer,
            f"The frame that is held lies after the end of the source, {float(duration):.6g} s: its last one is held",
            severity="warning",
            suggestion="Begin earlier in the source",
            ids=(item.clip.id,),
            available=format_exact(duration),
        )


def _frames_before(item: Item, rate: Fraction) -> int:
    """Frames of the handle before the clip that lie before the source's start."""
    return sum(1 for k in range(1, item.head + 1) if item.source_start - k / rate * item.speed < 0)


def _frames_after(item: Item, rate: Fraction, duration: Fraction) -> int:
    """Frames of the handle after the clip that lie after the source's end."""
    return sum(1 for k in range(item.tail) if item.source_start + (item.frames + k) / rate * item.speed >= duration)
