"""Combinations of export settings that cannot be, with the nearest that can (docs/project.md §3)."""

from __future__ import annotations

from fractions import Fraction

from protocol.project import AudioExport, Cue, Export, Style, SubtitleTrack, VideoExport
from protocol.project.check.codec import check_picture_codec, check_sound_codec
from protocol.project.check.parts import Parts
from protocol.project.check.sink import Sink
from protocol.project.export import Metadata
from protocol.project.formats import CONTAINERS, has_alpha
from protocol.project.timing import clip_frames, export_frames
from protocol.time import Seconds, format_exact, parse_rate, parse_seconds

_OPAQUE = "FF"
_NO_VIDEO = VideoExport()
_NO_AUDIO = AudioExport()
_NO_TAGS = Metadata()


def check_export(parts: Parts, sink: Sink) -> None:
    """Note what cannot be in a project's export settings."""
    if parts.export is None:
        return
    export = parts.export.value
    if export.video is None and export.audio is None:
        message = "The export has neither picture nor sound"
        sink.add("nothingToWrite", "/export", message, suggestion="Give video or audio an object")
    _media(export, sink)
    if export.video is not None and CONTAINERS[export.container].video:
        size = None
        if not parts.broken & {"width", "height"}:
            size = export.width or parts.header.width, export.height or parts.header.height
        check_picture_codec(export, export.video, size, sink)
        _frame_rate(parts, export, sink)
        if "background" not in parts.broken:
            _background(parts.header.background, export.video, sink)
    if export.audio is not None and CONTAINERS[export.container].audio:
        check_sound_codec(export, export.audio, sink)
    _extras(export, sink)
    _subtitles(parts, export, sink)
    if export.range is not None and parts.rate is not None:
        _range(parts, export, export.range, parts.rate, sink)


def _media(export: Export, sink: Sink) -> None:
    """A container without picture or sound: settings left as they are give a warning, changed ones an error."""
    facts, name = CONTAINERS[export.container], export.container
    if export.video is not None and not facts.video:
        message = f"{name} holds no picture"
        rule = "leftOut" if export.video == _NO_VIDEO else "containerPicture"
        sink.add(rule, "/export/video", message, suggestion="Set video to null", container=name, nearest=None)
        if export.audio is None:
            message = f"{name} holds sound alone, and audio is null"
            sink.add("nothingToWrite", "/export/audio", message, suggestion="Give audio an object", container=name)
    if export.audio is not None and not facts.audio:
        message = f"{name} holds no sound"
        rule = "leftOut" if export.audio == _NO_AUDIO else "containerSound"
        sink.add(rule, "/export/audio", message, suggestion="Set audio to null", container=name, nearest=None)
        if export.video is None:
            message = f"{name} holds pictures alone, and video is null"
            sink.add("nothingToWrite", "/export/video", message, suggestion="Give video an object", container=name)


def _background(background: str, video: VideoExport, sink: Sink) -> None:
    alpha = background[7:].upper() or _OPAQUE
    if alpha != _OPAQUE and not has_alpha(video.pixel_format):
        message = f"{video.pixel_format} has no alpha: the background is drawn over black"
        sink.add("backgroundOpaque", "/background", message, value=background, pixelFormat=video.pixel_format)


def _extras(export: Export, sink: Sink) -> None:
    facts, name = CONTAINERS[export.container], export.container
    if export.subtitles == "embed" and not facts.subtitles:
        nearest = "burn" if facts.video else "sidecar"
        message = f"{name} cannot hold subtitles"
        sink.add("containerSubtitles", "/export/subtitles", message, container=name, nearest=nearest)
    idle = []
    if export.sidecar_format != "srt" and export.subtitles != "sidecar":
        idle.append(("sidecarFormat", "there is no subtitle file beside the export"))
    if not export.faststart and not facts.faststart:
        idle.append(("faststart", f"{name} has no index to put first"))
    if not export.chapters and not facts.chapters:
        idle.append(("chapters", f"{name} holds none"))
    if export.metadata != _NO_TAGS and not facts.tags:
        idle.append(("metadata", f"{name} holds no tags"))
    if export.copy_source_metadata and not facts.tags:
        idle.append(("copySourceMetadata", f"{name} holds no tags"))
    for member, why in idle:
        sink.add("noEffect", f"/export/{member}", f"{member} changes nothing: {why}", member=member)


def _frame_rate(parts: Parts, export: Export, sink: Sink) -> None:
    """Containers whose frames last whole hundredths or thousandths of a second."""
    most = CONTAINERS[export.container].fastest
    rate = parts.rate if export.frame_rate is None else parse_rate(export.frame_rate)
    if most is not None and rate is not None and rate > most:
        message = f"{export.container} shows at most {most} frames a second as they are written, not {float(rate):g}"
        pointer = "/export/frameRate"
        sink.add("pictureRate", pointer, message, container=export.container, value=str(rate), nearest=str(most))


def _subtitles(parts: Parts, export: Export, sink: Sink) -> None:
    """Say what subtitles lose that are text, not picture."""
    embeds = export.subtitles == "embed" and CONTAINERS[export.container].subtitles
    if not embeds and export.subtitles != "sidecar":
        return
    ass = export.sidecar_format == "ass" if not embeds else export.container == "mkv"
    lost = []
    shown: list[SubtitleTrack | Cue] = []
    cues: list[Cue] = []
    for part in parts.tracks:
        if isinstance(part.track, SubtitleTrack) and part.track.enabled:
            cues += [at.value for at in part.cues if at.value.enabled]
            shown.append(part.track)
    shown += cues
    if not ass and any(each.style != Style() for each in shown):
        lost.append("style")
    if not ass and any(each.position is not None for each in shown):
        lost.append("position")
    lost += ["animations"] if any(cue.animations for cue in cues) else []
    lost += ["words"] if any(cue.words for cue in cues) else []
    if lost:
        message = f"Subtitles that are not burned in lose their {', '.join(lost)}"
        sink.add("subtitleStyle", "/export/subtitles", message, suggestion='Use "burn"', lost=lost)


def _range(parts: Parts, export: Export, times: tuple[Seconds, Seconds], rate: Fraction, sink: Sink) -> None:
    first, end = export_frames(export, rate, 0)
    if parse_seconds(times[0]) < 0:
        sink.add("exportRange", "/export/range/0", "The range starts before zero", nearest=0)
    if end <= first:
        sink.add("exportRange", "/export/range", "The range holds no frame", frames=end - first)
    whole = _last_frame(parts, rate)
    if whole and end > whole:
        message = f"The range ends at frame {end}, the project at {whole}"
        sink.add("exportRange", "/export/range/1", message, value=end, limit=whole, nearest=format_exact(whole / rate))


def _last_frame(parts: Parts, rate: Fraction) -> int | None:
    """End of the project in frames; None where a part that might reach further is set aside."""
    if parts.project is None:
        return None
    ends = [
        clip_frames(at.value, rate)[1]
        for part in parts.tracks
        if part.track.enabled
        for at in part.clips
        if at.value.enabled
    ]
    return max(ends, default=0)
