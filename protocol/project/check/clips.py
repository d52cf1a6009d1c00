"""Rules of a clip: fades, crop, time map, source, and members that change nothing (docs/project.md §2–§4)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from protocol.project import Animated, Clip, FileSource, Keyframes, Transform
from protocol.project.check.ids import Ids
from protocol.project.check.parts import Placed
from protocol.project.check.sink import Sink
from protocol.project.clip import Color, Crop
from protocol.project.curves import key_times, value_at
from protocol.project.source import AdjustmentSource, NoiseSource, SilenceSource, ToneSource
from protocol.time import format_exact, parse_seconds

MOST_CROPPED = 0.99
_ROUNDING = 1e-9
_NO_CROP = Crop()
_RETIMED: dict[str, Any] = {"sourceStart": 0, "speed": 1.0, "reverse": False, "freeze": False}
_READING: dict[str, Any] = {**_RETIMED, "timeMap": None, "retime": "nearest", "pitch": "keep"}
_FROZEN: dict[str, Any] = {"speed": 1.0, "reverse": False, "retime": "nearest"}
_SOUNDING: dict[str, Any] = {"volume": 1.0, "pan": 0.0, "muted": False, "audioFadeIn": 0, "audioFadeOut": 0}
_FRAMING: dict[str, Any] = {
    "fit": "contain",
    "crop": _NO_CROP,
    "transform": Transform(),
    "color": Color(),
    "blend": "normal",
    "layout": None,
}
_FIELDS = dict(zip(Clip.__struct_encode_fields__, Clip.__struct_fields__, strict=True))


def check_clip(at: Placed[Clip], ids: Ids, channels: int | None, sink: Sink) -> None:
    """Note what is wrong with one clip by itself. `channels` is the project's count, None where it is broken."""
    clip = at.value
    if isinstance(clip.source, FileSource):
        _file(at, clip.source, ids, channels, sink)
    _fades(at, ("fadeIn", "fadeOut"), sink)
    _fades(at, ("audioFadeIn", "audioFadeOut"), sink)
    if clip.crop != _NO_CROP:
        _crop(at, ("left", "right"), sink)
        _crop(at, ("top", "bottom"), sink)
    if isinstance(clip.source, FileSource):
        _source_time(at, sink)
    _without_effect(at, sink)


def _file(at: Placed[Clip], source: FileSource, ids: Ids, channels: int | None, sink: Sink) -> None:
    pointer = f"{at.pointer}/source"
    if (source.path is None) == (source.media is None):
        has = "neither path nor media" if source.path is None else "both path and media"
        sink.add("sourceChoice", pointer, f"The source has {has}", suggestion="Write one of the two")
    if source.media is not None and source.media not in ids.media:
        nearest = sink.nearest(source.media, ids.media)
        message = f'There is no entry "{source.media}" in media'
        sink.add("unknownReference", f"{pointer}/media", message, id=source.media, nearest=nearest)
    if source.path is not None:
        check_path(source.path, f"{pointer}/path", sink)
    if source.channel_map is not None and channels not in (None, len(source.channel_map)):
        message = f"The map has {len(source.channel_map)} entries, the project {channels} channels"
        sink.add("channelMap", f"{pointer}/channelMap", message, value=len(source.channel_map), channels=channels)


def check_path(path: str, pointer: str, sink: Sink) -> None:
    """Note a path that no file can have."""
    if not path or "\0" in path:
        sink.add("format", pointer, "The path is empty" if not path else "The path holds a NUL character")


def _fades(at: Placed[Clip], names: tuple[str, str], sink: Sink) -> None:
    values = [getattr(at.value, _FIELDS[name]) for name in names]
    if values == [0, 0]:
        return
    fades = [parse_seconds(value) for value in values]
    for name, fade in zip(names, fades, strict=True):
        if fade < 0:
            sink.add("negativeTime", f"{at.pointer}/{name}", "A fade lasts no less than zero", nearest=0)
    duration = parse_seconds(at.value.duration)
    if sum(fades) <= duration or duration <= 0:
        return
    longest = 0 if fades[0] > duration else 1
    room = max(Fraction(0), duration - (fades[0] if longest else 0))
    sink.add(
        "fadeTooLong",
        f"{at.pointer}/{names[longest]}",
        "The fades last longer than the clip",
        value=float(sum(fades)),
        limit=float(duration),
        nearest=format_exact(room),
    )


def _crop(at: Placed[Clip], sides: tuple[str, str], sink: Sink) -> None:
    first, second = (getattr(at.value.crop, side) for side in sides)
    times = key_times(first), key_times(second)
    if any(list(each) != sorted(set(each)) for each in times):
        return
    instants = sorted({*times[0], *times[1]}) or [Fraction(0)]
    sums = [value_at(first, t, times[0]) + value_at(second, t, times[1]) for t in instants]
    worst = max(range(len(sums)), key=sums.__getitem__)
    if sums[worst] <= MOST_CROPPED + _ROUNDING:
        return
    pointer = f"{at.pointer}/crop/{_side_at(first, sides, times, instants[worst])}"
    message = f"{sides[0]} and {sides[1]} cut away {sums[worst]:.4g} of the picture, {MOST_CROPPED} is the most"
    sink.add("cropTooMuch", pointer, message, value=sums[worst], limit=MOST_CROPPED, time=float(instants[worst]))


def _side_at(
    first: Animated, sides: tuple[str, str], times: tuple[list[Fraction], list[Fraction]], instant: Fraction
) -> str:
    """Point at the key that cuts too much; without keys at the second side, which adds to the first."""
    if isinstance(first, Keyframes) and instant in times[0]:
        return f"{sides[0]}/keyframes/{times[0].index(instant)}"
    return f"{sides[1]}/keyframes/{times[1].index(instant)}" if times[1] else sides[1]


def _source_time(at: Placed[Clip], sink: Sink) -> None:
    clip = at.value
    if clip.time_map is None:
        if clip.source_start != 0 and parse_seconds(clip.source_start) < 0:
            message = "The source begins at zero"
            sink.add("negativeTime", f"{at.pointer}/sourceStart", message, value=clip.source_start, nearest=0)
        return
    for name in _changed(clip, _RETIMED):
        message = f"{name} is set beside timeMap, which stands in its place"
        sink.add("timeMapConflict", f"{at.pointer}/{name}", message, suggestion=f"Leave {name} out", member=name)
    for index, key in enumerate(clip.time_map):
        if parse_seconds(key.source) < 0:
            message = "The source begins at zero"
            sink.add("negativeTime", f"{at.pointer}/timeMap/{index}/source", message, value=key.source, nearest=0)


def _changed(clip: Clip, defaults: dict[str, Any]) -> list[str]:
    """Name the members that differ from what they are when left out; times compare exactly."""
    changed = []
    for name, default in defaults.items():
        value = getattr(clip, _FIELDS[name])
        if value != default and not (isinstance(value, str) and default == 0 and parse_seconds(value) == 0):
            changed.append(name)
    return changed


def _without_effect(at: Placed[Clip], sink: Sink) -> None:
    clip = at.value
    if isinstance(clip.source, FileSource):
        idle = _changed(clip, _FROZEN) if clip.freeze and clip.time_map is None else []
        why = "a frozen clip shows one frame"
    else:
        kind = str(type(clip.source).__struct_config__.tag)
        why = f"a source of kind {kind} has no such thing"
        idle = _changed(clip, _READING)
        if not isinstance(clip.source, ToneSource | SilenceSource | NoiseSource):
            idle += _changed(clip, _SOUNDING)
        if isinstance(clip.source, AdjustmentSource):
            idle += _changed(clip, _FRAMING)
    for name in idle:
        sink.add("noEffect", f"{at.pointer}/{name}", f"{name} changes nothing: {why}", member=name)
