"""What a codec cannot do, with the nearest that it can."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.project import AudioExport, Export, VideoExport
from protocol.project.check.sink import Sink, brief, shown
from protocol.project.export import PixelFormat, VideoCodec
from protocol.project.formats import (
    AUDIO_CODECS,
    CONTAINERS,
    PROFILES,
    VIDEO_CODECS,
    VideoCodecFacts,
    has_alpha,
)

_VIDEO = "/export/video"
_AUDIO = "/export/audio"
_DEFAULTS = VideoExport()


def check_picture_codec(export: Export, video: VideoExport, size: tuple[int, int] | None, sink: Sink) -> None:
    """Note what the picture's codec cannot do in a container of pictures; `size` in pixels where it is known."""
    container = CONTAINERS[export.container]
    codec = video.codec or container.video[0]
    if codec not in container.video:
        nearest = container.video[0]
        message = f"{export.container} cannot hold {codec}; it holds {', '.join(container.video)}"
        sink.add(
            "containerPicture", f"{_VIDEO}/codec", message, codec=codec, container=export.container, nearest=nearest
        )
    facts = VIDEO_CODECS[codec]
    _pixel_format(export, video, codec, facts, sink)
    _rate_control(video, codec, facts, sink)
    _structure(export, video, codec, facts, sink)
    _profile(video, codec, sink)
    if size is not None:
        held = video.rate_control in ("bitrate", "size")
        _size(size, codec, facts, facts.smallest_held if held else facts.smallest, sink)


def _pixel_format(export: Export, video: VideoExport, codec: VideoCodec, facts: VideoCodecFacts, sink: Sink) -> None:
    wanted, pointer = video.pixel_format, f"{_VIDEO}/pixelFormat"
    if has_alpha(wanted) and not facts.alpha_in:
        message = f"{codec} carries no alpha"
    elif has_alpha(wanted) and wanted in facts.pixel_formats and export.container not in facts.alpha_in:
        message = f"{codec} in {export.container} carries no alpha"
    elif wanted not in facts.pixel_formats:
        nearest = nearest_format(wanted, facts.pixel_formats)
        message = f"{codec} cannot encode {wanted}; it encodes {', '.join(facts.pixel_formats)}"
        sink.add("pixelFormat", pointer, message, codec=codec, value=wanted, nearest=nearest)
        return
    else:
        return
    nearest = nearest_format(wanted, [known for known in facts.pixel_formats if not has_alpha(known)])
    sink.add("alpha", pointer, message, codec=codec, container=export.container, value=wanted, nearest=nearest)


def nearest_format(wanted: PixelFormat, known: Sequence[PixelFormat]) -> PixelFormat | None:
    """Return the format that loses least: alpha weighs most, then depth, then colour resolution."""

    def distance(other: PixelFormat) -> tuple[bool, int, int]:
        depth = _depth(other) - _depth(wanted)
        chroma = _chroma(other) - _chroma(wanted)
        return has_alpha(other) != has_alpha(wanted), abs(depth) * 2 - (depth > 0), abs(chroma) * 2 - (chroma > 0)

    return min(known, key=distance, default=None)


def _depth(pixel_format: PixelFormat) -> int:
    return 10 if pixel_format.endswith("10le") else 8


def _chroma(pixel_format: PixelFormat) -> int:
    return 0 if "420" in pixel_format else 1 if "422" in pixel_format else 2


def _rate_control(video: VideoExport, codec: VideoCodec, facts: VideoCodecFacts, sink: Sink) -> None:
    mode = video.rate_control
    if mode not in facts.modes:
        message = f"{codec} is controlled by {' or '.join(facts.modes)}, not by {mode}"
        sink.add("rateControl", f"{_VIDEO}/rateControl", message, codec=codec, value=mode, nearest=facts.modes[0])
    for name, value, of in (("bitrate", video.bitrate, "bitrate"), ("sizeLimit", video.size_limit, "size")):
        if mode == of and value is None:
            message = f"rateControl {of} needs {name}"
            sink.add("rateMember", f"{_VIDEO}/{name}", message, suggestion=f"Write {name}", member=name, mode=mode)
        elif mode != of and value is not None:
            message = f"{name} is set, and rateControl is {mode}"
            sink.add(
                "rateMember", f"{_VIDEO}/{name}", message, suggestion=f"Set rateControl to {of}", member=name, mode=mode
            )
    if video.passes == 2 and mode != "bitrate":
        message = f"Two passes go with rateControl bitrate, not {mode}"
        sink.add("rateMember", f"{_VIDEO}/passes", message, member="passes", mode=mode, nearest=1)
    if video.max_bitrate is not None:
        _max_bitrate(video, video.max_bitrate, codec, facts, sink)


def _max_bitrate(video: VideoExport, most: int, codec: VideoCodec, facts: VideoCodecFacts, sink: Sink) -> None:
    pointer, mode = f"{_VIDEO}/maxBitrate", video.rate_control
    if mode not in facts.capped:
        message = f"maxBitrate is set, and {codec} under rateControl {mode} does not heed it"
        sink.add("rateMember", pointer, message, suggestion="Leave it out", member="maxBitrate", mode=mode)
    elif video.bitrate is not None and mode == "bitrate" and most < video.bitrate:
        message = f"maxBitrate {most} is below bitrate {video.bitrate}"
        sink.add("rateMember", pointer, message, member="maxBitrate", mode=mode, nearest=video.bitrate)


def _structure(export: Export, video: VideoExport, codec: VideoCodec, facts: VideoCodecFacts, sink: Sink) -> None:
    # AVI has no presentation times: frames come in the order of display there.
    delays = facts.delays and export.container != "avi"
    if video.b_frames and not delays:
        message = f"{codec} in {export.container} has no B-frames"
        sink.add("bFrames", f"{_VIDEO}/bFrames", message, codec=codec, value=video.b_frames, nearest=0)
    idle = []
    if video.quality != _DEFAULTS.quality and (video.rate_control != "quality" or not facts.scaled):
        of = f"rateControl is {video.rate_control}" if facts.scaled else f"{codec} loses nothing"
        idle.append(("quality", of))
    if video.preset != _DEFAULTS.preset and not facts.tuned:
        idle.append(("preset", f"{codec} has none"))
    if video.profile is not None and not facts.profiled:
        idle.append(("profile", f"{codec} has none"))
    if video.keyframe_interval != _DEFAULTS.keyframe_interval and facts.intra:
        idle.append(("keyframeInterval", f"every frame of {codec} is a keyframe"))
    for member, why in idle:
        sink.add("noEffect", f"{_VIDEO}/{member}", f"{member} changes nothing: {why}", member=member)


def _profile(video: VideoExport, codec: VideoCodec, sink: Sink) -> None:
    """Note a profile that there is not, or that cannot hold what is asked of it."""
    pointer, known, name = f"{_VIDEO}/profile", PROFILES.get(codec), video.profile
    if known is None or name is None:
        return
    able = [each for each, formats in known.items() if video.pixel_format in formats]
    nearest = able[0] if able else None
    if name not in known:
        message = f"{codec} has no profile {shown(name)}; it has {', '.join(known)}"
        least = min((len(known[each]) for each in able), default=0)
        usual = next((each for each in reversed(able) if len(known[each]) == least), None)
        meant = sink.nearest(name, known) or usual
        sink.add("profile", pointer, message, codec=codec, value=brief(name), nearest=meant)
    elif video.pixel_format not in known[name]:
        message = f"The profile {name} of {codec} cannot hold {video.pixel_format}"
        advice = "Leave it out" if nearest is None else None
        sink.add("profile", pointer, message, codec=codec, value=name, nearest=nearest, suggestion=advice)
    elif codec == "h264" and video.rate_control == "lossless" and name != "high444":
        message = f"The profile {name} of h264 cannot be lossless"
        sink.add("profile", pointer, message, codec=codec, value=name, nearest="high444")
    if name == "baseline" and video.b_frames:
        message = "The profile baseline of h264 has no B-frames"
        sink.add("bFrames", f"{_VIDEO}/bFrames", message, codec=codec, value=video.b_frames, nearest=0)


def _size(
    size: tuple[int, int], codec: VideoCodec, facts: VideoCodecFacts, smallest: tuple[int, int], sink: Sink
) -> None:
    for name, side, least, most in zip(("width", "height"), size, smallest, facts.largest, strict=True):
        if not least <= side <= most:
            message = f"{codec} encodes a {name} of {least} to {most}, not {side}"
            nearest = min(max(side, least), most)
            sink.add("pictureSize", f"/export/{name}", message, codec=codec, value=side, nearest=nearest)


def check_sound_codec(export: Export, audio: AudioExport, sink: Sink) -> None:
    """Note what the sound's codec cannot do in a container of sound."""
    container = CONTAINERS[export.container]
    codec = audio.codec or container.audio[0]
    if codec not in container.audio:
        message = f"{export.container} cannot hold {codec}; it holds {', '.join(container.audio)}"
        nearest = container.audio[0]
        sink.add("containerSound", f"{_AUDIO}/codec", message, codec=codec, container=export.container, nearest=nearest)
    facts = AUDIO_CODECS[codec]
    if audio.channels > facts.channels:
        message = f"{codec} encodes at most {facts.channels} channels, not {audio.channels}"
        sink.add(
            "audioChannels", f"{_AUDIO}/channels", message, codec=codec, value=audio.channels, nearest=facts.channels
        )
    if facts.rates and audio.sample_rate not in facts.rates:
        nearest_rate = min(facts.rates, key=lambda rate: (abs(rate - audio.sample_rate), -rate))
        message = f"{codec} does not encode {audio.sample_rate} Hz"
        sink.add(
            "audioRate", f"{_AUDIO}/sampleRate", message, codec=codec, value=audio.sample_rate, nearest=nearest_rate
        )
    most = None if facts.per_channel is None else facts.per_channel * audio.channels
    if most is not None and audio.bitrate > most:
        message = f"{codec} reaches {most} bit/s with {audio.channels} channels, not {audio.bitrate}"
        sink.add("audioBitrate", f"{_AUDIO}/bitrate", message, codec=codec, value=audio.bitrate, nearest=most)
    if facts.lossless and audio.bitrate != AudioExport().bitrate:
        message = f"bitrate changes nothing: {codec} loses nothing"
        sink.add("noEffect", f"{_AUDIO}/bitrate", message, member="bitrate")
