"""Export settings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.time import Rate, Seconds

Container = Literal["mp4", "mov", "mkv", "webm", "avi", "gif", "webp", "png", "m4a", "mp3", "wav", "flac", "ogg"]
VideoCodec = Literal["h264", "hevc", "vp9", "av1", "prores", "dnxhr", "ffv1", "mpeg4", "gif", "webp", "png"]
AudioCodec = Literal["aac", "opus", "mp3", "flac", "pcm_s16le", "pcm_s24le", "pcm_f32le", "vorbis"]
PixelFormat = Literal[
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p10le",
    "yuva420p",
    "yuva444p10le",
    "gbrp",
]
Preset = Literal["fastest", "fast", "medium", "slow", "slowest"]
ChannelCount = Literal[1, 2, 6, 8]
SampleRate = Annotated[int, Meta(ge=8_000, le=192_000)]
Side = Annotated[int, Meta(ge=16, le=16_384, multiple_of=2)]
VideoBitrate = Annotated[int, Meta(ge=10_000, le=1_000_000_000)]


class VideoExport(Model):
    """How the picture is encoded. Bitrates in bit/s, `size_limit` in bytes, `keyframe_interval` in seconds."""

    codec: VideoCodec | None = None
    quality: Annotated[int, Meta(ge=0, le=100)] = 85
    rate_control: Literal["quality", "bitrate", "size", "lossless"] = "quality"
    bitrate: VideoBitrate | None = None
    max_bitrate: VideoBitrate | None = None
    size_limit: Annotated[int, Meta(ge=1_000, le=2**53 - 1)] | None = None
    passes: Literal[1, 2] = 1
    preset: Preset = "medium"
    profile: str | None = None
    pixel_format: PixelFormat = "yuv420p"
    keyframe_interval: Annotated[float, Meta(ge=0.1, le=20)] = 2.0
    b_frames: Annotated[int, Meta(ge=0, le=16)] | None = None
    hardware: Literal["off", "auto", "nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"] = "off"
    copy: Literal["auto", "off"] = "auto"


class Loudness(Model):
    """EBU R 128 normalisation: target in LUFS, true peak in dBTP, range in LU."""

    target: Annotated[float, Meta(ge=-70, le=-5)] = -23.0
    true_peak: Annotated[float, Meta(ge=-9, le=0)] = -1.0
    range: Annotated[float, Meta(ge=1, le=50)] | None = None


class Limiter(Model):
    """A ceiling for the true peak, in dBTP."""

    true_peak: Annotated[float, Meta(ge=-9, le=0)] = -1.0


class AudioExport(Model):
    """How the sound is encoded. Bitrate in bit/s."""

    codec: AudioCodec | None = None
    bitrate: Annotated[int, Meta(ge=8_000, le=1_000_000)] = 192_000
    sample_rate: SampleRate = 48_000
    channels: ChannelCount = 2
    loudness: Loudness | None = None
    limiter: Limiter | None = None


class Metadata(Model):
    """Tags of the written file."""

    title: str = ""
    artist: str = ""
    comment: str = ""
    date: str = ""
    copyright: str = ""


class Export(Model):
    """What a render writes. `video` or `audio` null: no picture, no sound."""

    container: Container = "mp4"
    width: Side | None = None
    height: Side | None = None
    frame_rate: Rate | None = None
    range: tuple[Seconds, Seconds] | None = None
    video: VideoExport | None = VideoExport()
    audio: AudioExport | None = AudioExport()
    subtitles: Literal["burn", "embed", "sidecar", "none"] = "burn"
    sidecar_format: Literal["srt", "vtt", "ass"] = "srt"
    chapters: bool = True
    faststart: bool = True
    copy_source_metadata: bool = False
    metadata: Metadata = Metadata()
