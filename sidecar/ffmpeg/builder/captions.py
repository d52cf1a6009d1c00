"""Subtitle tracks of an export as text files: SubRip, WebVTT and ASS. Nothing here is drawn.

Times are those of the export: its first frame is at 0, and cues are cut to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from protocol.project import Export, Style, SubtitleTrack
from protocol.time import parse_seconds
from sidecar.core.timeline import CueLane, OutputSpan, TimedCue, Timeline
from sidecar.ffmpeg.builder.caption_styles import ass_header, ass_style, ass_text
from sidecar.ffmpeg.builder.text.look import look_of, merge

Format = Literal["srt", "vtt", "ass", "mov"]
"""SubRip, WebVTT, ASS, and the text of which FFmpeg makes that of MP4."""

_EVENTS = "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"

_JOINER = "\N{WORD JOINER}"
"""Cannot be seen, and takes the meaning of what stands before it away."""

_TAGS = re.compile(r"\\(?=[Nnh]|$)")
_MARKUP = re.compile(r"<(?=[A-Za-z/])|\{(?=\\)")

_BLANK = "\N{NO-BREAK SPACE}"
"""Stands on a line that would be empty: an empty line ends a cue."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A cue in [start, end), seconds of the export; `words` are those that have times of their own, with their texts."""

    cue: TimedCue
    start: Fraction
    end: Fraction
    text: str
    words: tuple[tuple[Fraction, str], ...]


@dataclass(frozen=True, slots=True)
class CaptionTrack:
    """An enabled subtitle track that shows something in the export."""

    track: SubtitleTrack
    captions: tuple[Caption, ...]


def caption_tracks(timeline: Timeline, span: OutputSpan) -> list[CaptionTrack]:
    """Return the tracks that show something in a span, in their order; cues in order of time."""
    found = []
    for lane in timeline.cues:
        captions = tuple(sorted(_captions(lane, timeline, span), key=lambda each: (each.start, each.end)))
        if captions:
            found.append(CaptionTrack(lane.track, captions))
    return found


def caption_file(track: CaptionTrack, timeline: Timeline, form: Format) -> bytes:
    """Write a track as a file of its own: UTF-8, lines that end in a line feed."""
    write: dict[Format, Callable[[CaptionTrack, Timeline], str]] = {
        "srt": _srt,
        "vtt": _vtt,
        "ass": _ass,
        "mov": _mov,
    }
    return write[form](track, timeline).encode("utf-8", "replace")


def caption_names(stem: str, tracks: Sequence[CaptionTrack], form: Format) -> list[str]:
    """Name the files beside a video: `film.en.srt`, without a language `film.srt`; the second of a name `film.en.2.srt`."""
    names: list[str] = []
    for track in tracks:
        base = f"{stem}.{track.track.language}" if track.track.language else stem
        name, number = f"{base}.{form}", 1
        while name.casefold() in (known.casefold() for known in names):
            number += 1
            name = f"{base}.{number}.{form}"
        names.append(name)
    return names


def sidecar_files(timeline: Timeline, export: Export, span: OutputSpan, stem: str) -> list[tuple[str, bytes]]:
    """Return the names and contents of the subtitle files beside an export; none where it has none."""
    if export.subtitles != "sidecar":
        return []
    tracks = caption_tracks(timeline, span)
    names = caption_names(stem, tracks, export.sidecar_format)
    contents = [caption_file(track, timeline, export.sidecar_format) for track in tracks]
    return list(zip(names, contents, strict=True))


def _captions(lane: CueLane, timeline: Timeline, span: OutputSpan) -> Iterator[Caption]:
    offset, length = span.first / timeline.rate, (span.end - span.first) / timeline.rate
    for timed in lane.cues:
        start, end = max(timed.start - offset, Fraction(0)), min(timed.end - offset, length)
        text = _plain(timed.cue.text)
        if start < end and text.strip():
            words = tuple((parse_seconds(word.start) - offset, _plain(word.text)) for word in timed.cue.words)
            yield Caption(timed, start, end, text, words)


def _plain(text: str) -> str:
    """Return text with line feeds alone between lines, and no NUL, which no file of text can hold."""
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> str:
    """Leave no line empty."""
    return "\n".join(line if line.strip() else _BLANK for line in text.strip("\n").split("\n"))


def _srt(track: CaptionTrack, _timeline: Timeline) -> str:
    parts = []
    for number, caption in enumerate(track.captions, 1):
        span = f"{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}"
        # Players take some of what looks like tags for tags, and there is no way to write them as text.
        text = _MARKUP.sub(lambda found: found.group() + _JOINER, caption.text)
        parts.append(f"{number}\n{span}\n{_lines(text)}\n")
    return "\n".join(parts)


def _vtt(track: CaptionTrack, _timeline: Timeline) -> str:
    parts = ["WEBVTT\n"]
    for caption in track.captions:
        span = f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}"
        parts.append(f"{span}{_settings(caption, track.track)}\n{_vtt_text(caption)}\n")
    return "\n".join(parts)


def _vtt_text(caption: Caption) -> str:
    """Escape a text; words that have times of their own come with them."""
    if not caption.words:
        return _lines(_escaped(caption.text))
    rest, out = caption.text, []
    for start, word in caption.words:
        place = rest.find(word)
        if place < 0:
            continue
        stamp = f"<{_clock(start, '.')}>" if caption.start < start < caption.end else ""
        out.append(_escaped(rest[:place]) + stamp + _escaped(word))
        rest = rest[place + len(word) :]
    return _lines("".join(out) + _escaped(rest))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _settings(caption: Caption, track: SubtitleTrack) -> str:
    """Say where a cue stands when that is not the bottom, as far as WebVTT can."""
    position = caption.cue.cue.position or track.position
    if position is None:
        return ""
    settings = []
    if position.y is not None:
        settings.append(f"line:{_percent(position.y)},center")
    elif position.align_y in ("top", "center"):
        settings.append("line:0" if position.align_y == "top" else "line:50%,center")
    if position.x is not None:
        settings.append(f"position:{_percent(position.x)},center")
    elif position.align_x in ("left", "right"):
        place = "0%,line-left" if position.align_x == "left" else "100%,line-right"
        settings.append(f"position:{place} align:{position.align_x}")
    return "".join(f" {setting}" for setting in settings)


def _ass(track: CaptionTrack, timeline: Timeline) -> str:
    size = timeline.width, timeline.height
    own, position = track.track.style, track.track.position
    styles = {ass_style(*look_of(own, position, *size), size): "Default"}
    events = []
    for caption in track.captions:
        cue = caption.cue.cue
        look, anchor = look_of(merge(own, cue.style), cue.position or position, *size)
        name = styles.setdefault(ass_style(look, anchor, size), f"Style{len(styles)}")
        span = f"{_hundredths(caption.start)},{_hundredths(caption.end)}"
        events.append(f"Dialogue: 0,{span},{name},,0,0,0,,{ass_text(caption.text, anchor)}\n")
    lines = "".join(f"Style: {name},{body}\n" for body, name in styles.items())
    return f"{ass_header(size)}{lines}{_EVENTS}{''.join(events)}"


def _mov(track: CaptionTrack, timeline: Timeline) -> str:
    """Write what FFmpeg makes MP4's own text of: its reader of ASS knows no braces but those of tags."""
    events = []
    for caption in track.captions:
        text = "\\N".join(_TAGS.sub(f"\\\\{_JOINER}", line) for line in caption.text.strip("\n").split("\n"))
        text = text.replace("{\\", f"{{{_JOINER}\\")
        events.append(f"Dialogue: 0,{_hundredths(caption.start)},{_hundredths(caption.end)},Default,,0,0,0,,{text}\n")
    size = timeline.width, timeline.height
    usual = f"Style: Default,{ass_style(*look_of(Style(), None, *size), size)}\n"
    return f"{ass_header(size)}{usual}{_EVENTS}{''.join(events)}"


def styled(track: SubtitleTrack) -> bool:
    """Whether anything of a track looks or stands other than by default, or moves."""
    return (track.style, track.position) != (Style(), None) or any(
        (cue.style, cue.position, cue.animations) != (Style(), None, []) for cue in track.cues if cue.enabled
    )


def _clock(seconds: Fraction, point: str) -> str:
    """Write a time as hours, minutes, seconds and milliseconds."""
    rest, milli = divmod(max(0, round(seconds * 1000)), 1000)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}{milli:03d}"


def _hundredths(seconds: Fraction) -> str:
    rest, part = divmod(max(0, round(seconds * 100)), 100)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}.{part:02d}"


def _percent(value: float) -> str:
    return f"{value * 100:.2f}".rstrip("0").rstrip(".") + "%"
