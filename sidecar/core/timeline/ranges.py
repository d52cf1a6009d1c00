"""What the files behind a timeline cannot give (docs/project.md §4, step 2; the rest of validation needs no files)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from protocol.problem import Problem
from protocol.project import FileSource, VideoTrack
from protocol.time import format_exact
from sidecar.core.timeline.damage import damaged_frames
from sidecar.core.timeline.findings import finding
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
        yield from _damage(item, reading, source, rate)
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


def _damage(item: Item, reading: FileReading, source: FileSource, rate: Fraction) -> Iterator[Problem]:
    """Name the frames whose pictures cannot be decoded, where that is known."""
    spans = damaged_frames(item, rate)
    if not spans:
        return
    instant = item.instant(spans[0][0], rate)
    what = {
        "fail": "cannot be decoded",
        "freeze": "cannot be decoded: the last good frame is held",
        "black": "cannot be decoded: they are black",
    }[source.on_error]
    yield finding(
        "mediaDamaged",
        f"{item.pointer}/source",
        f"{reading.facts.path} is damaged from {float(instant):.6g} s on: frames {_named(spans)} {what}",
        severity="error" if source.on_error == "fail" else "warning",
        suggestion="Copy or re-export the file, then relink",
        ids=(item.clip.id,),
        path=reading.facts.path,
        time=format_exact(instant),
        frames=[list(span) for span in spans],
    )


def _named(spans: Sequence[tuple[int, int]]) -> str:
    """Name spans of frames by their first and last."""
    return " and ".join(f"{first} to {end - 1}" if end - first > 1 else str(first) for first, end in spans)


def _range(item: Item, reading: FileReading, rate: Fraction) -> Iterator[Problem]:
    """Check that the source holds the clip, and whether it holds its handles."""
    duration = reading.duration
    video = reading.video
    still = video is not None and video.still
    if duration is None or still or reading.looped:
        return
    if item.frozen:
        yield from _frozen(item, duration)
        return
    shown = reading.frame_rate or (video.rate if video is not None else None) or rate
    wanted = _last_instant(item, rate)
    if wanted > duration + 1 / shown:
        yield _too_long(item, wanted, duration)
        return
    held = [(first, end) for first, end in _handles(item, rate, duration) if first < end]
    if held:
        count = sum(end - first for first, end in held)
        yield finding(
            "shortHandle",
            item.pointer,
            f"The source ends before the transition does: its edge frame is held for {count} frames ({_named(held)})",
            severity="warning",
            suggestion="Trim the clip, or shorten the transition",
            ids=(item.clip.id,),
            before=sum(end - first for first, end in held if first < item.first),
            after=sum(end - first for first, end in held if first >= item.first),
            frames=[list(span) for span in held],
        )


def _last_instant(item: Item, rate: Fraction) -> Fraction:
    """Return the source instant up to which a clip takes its source."""
    length = item.frames / rate
    if item.time_map is not None:
        return item.time_map.extremes(Fraction(0), length)[1]
    return item.source_start + length * item.speed


def _too_long(item: Item, wanted: Fraction, duration: Fraction) -> Problem:
    if item.time_map is not None:
        member = "timeMap"
        suggestion = f"Keep its source times at or below {float(duration):.6g} s"
    else:
        member = "duration"
        most = max(Fraction(0), (duration - item.source_start) / item.speed)
        suggestion = f"Use a duration of at most {float(most):.6g} s"
    return finding(
        "invalidProject",
        f"{item.pointer}/{member}",
        f"The clip needs {float(wanted):.6g} s of its source, which has {float(duration):.6g} s",
        suggestion=suggestion,
        ids=(item.clip.id,),
        rule="sourceRange",
        needed=format_exact(wanted),
        available=format_exact(duration),
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


def _handles(item: Item, rate: Fraction, duration: Fraction) -> Iterator[tuple[int, int]]:
    """Project frames [first, end) of the handles that lie outside the source: those farthest from the clip."""
    before = sum(_outside(item, item.first - k, rate, duration) for k in range(1, item.head + 1))
    after = sum(_outside(item, item.end + k, rate, duration) for k in range(item.tail))
    yield item.first - item.head, item.first - item.head + before
    yield item.end + item.tail - after, item.end + item.tail


def _outside(item: Item, frame: int, rate: Fraction, duration: Fraction) -> bool:
    return not 0 <= item.instant(frame, rate) < duration
