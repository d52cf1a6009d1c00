"""Limits of docs/project.md §3 that are of the whole project, not of one member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from protocol.project.check.parts import Parts
from protocol.project.check.sink import Sink
from protocol.time import parse_seconds

MAX_CLIPS = 10_000
MAX_CUES = 50_000
MAX_KEYFRAMES = 1_000_000
MAX_PIXELS = 64_000_000
MAX_SECONDS = 24 * 3600
MAX_METADATA = 64 * 1024
MAX_METADATA_TOTAL = 1024 * 1024


def check_limits(parts: Parts, sink: Sink) -> None:
    """Note every limit of the whole that the project passes."""
    _count(parts.raw, "clips", MAX_CLIPS, sink)
    _count(parts.raw, "cues", MAX_CUES, sink)
    if sink.keyframes > MAX_KEYFRAMES:
        _passed(sink, "/tracks", "keyframes", sink.keyframes, MAX_KEYFRAMES)
    _pixels(parts, sink)
    _duration(parts, sink)
    total = 0
    for pointer, metadata in _metadata(parts.raw):
        size = _size(metadata)
        total += size
        if size > MAX_METADATA:
            _passed(sink, pointer, "bytes of metadata", size, MAX_METADATA)
    if total > MAX_METADATA_TOTAL:
        _passed(sink, "", "bytes of metadata in the project", total, MAX_METADATA_TOTAL)


def _passed(sink: Sink, pointer: str, what: str, value: int, limit: int) -> None:
    sink.add("limit", pointer, f"{value} {what}, {limit} is the limit", value=value, limit=limit, what=what)


def _count(raw: dict[str, Any], name: str, limit: int, sink: Sink) -> None:
    total = 0
    for pointer, track in _objects(raw, "", "tracks"):
        items = track.get(name)
        before, total = total, total + (len(items) if isinstance(items, list) else 0)
        if before <= limit < total:
            _passed(sink, f"{pointer}/{name}", f"{name} up to here", total, limit)


def _pixels(parts: Parts, sink: Sink) -> None:
    width, height = parts.header.width, parts.header.height
    if width * height > MAX_PIXELS:
        _passed(sink, "/width", "pixels", width * height, MAX_PIXELS)
    if parts.export is None or {"width", "height"} & parts.broken:
        return
    export = parts.export.value
    pixels = (export.width or width) * (export.height or height)
    if (export.width or export.height) and pixels > MAX_PIXELS:
        name = "width" if export.width else "height"
        _passed(sink, f"/export/{name}", "pixels", pixels, MAX_PIXELS)


def _duration(parts: Parts, sink: Sink) -> None:
    for part in parts.tracks:
        for at in part.clips:
            start, duration = at.value.start, at.value.duration
            # floats are off by far less than a second here, and exact times cost
            if isinstance(start, float) and isinstance(duration, float) and start + duration < MAX_SECONDS - 1:
                continue
            end = parse_seconds(start) + parse_seconds(duration)
            if end > MAX_SECONDS:
                _passed(sink, f"{at.pointer}/duration", "seconds up to the clip's end", int(end), MAX_SECONDS)


def _metadata(raw: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every metadata object that is not empty, with its pointer."""
    owners = [("", raw)]
    for name in ("media", "markers"):
        owners += _objects(raw, "", name)
    for pointer, track in _objects(raw, "", "tracks"):
        owners.append((pointer, track))
        for name in ("clips", "transitions", "cues"):
            owners += _objects(track, pointer, name)
        for at, clip in _objects(track, pointer, "clips"):
            if clip.get("markers"):
                owners += _objects(clip, at, "markers")
    return ((f"{pointer}/metadata", owner["metadata"]) for pointer, owner in owners if owner.get("metadata"))


def _objects(owner: dict[str, Any], pointer: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    items = owner.get(name)
    if isinstance(items, list):
        yield from ((f"{pointer}/{name}/{i}", item) for i, item in enumerate(items) if isinstance(item, dict))


def _size(value: Any) -> int:
    """Bytes of a value as JSON; what cannot be written as JSON is noted by the walk over the shape."""
    try:
        return len(msgspec.json.encode(value))
    except (ValueError, OverflowError, RecursionError):
        return 0
