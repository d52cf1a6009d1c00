"""Options for a picture that is encoded in pieces: the bytes of a piece depend on its frames and on nothing else."""

from __future__ import annotations

from fractions import Fraction

from protocol.project import Export, VideoExport
from protocol.project.export import VideoCodec
from protocol.project.formats import has_alpha
from sidecar.ffmpeg.builder.encode_video import Options, video_encoder, video_options
from sidecar.ffmpeg.codecs import LOSSLESS_AV1

PARAMETER_SET = 30
"""The number of H.264 parameter sets that are ours: beside pieces copied from files, which number theirs from 0."""

_ALONE: dict[str, dict[str, str]] = {
    "libx264": {"threads": "1", "x264-params": f"sps-id={PARAMETER_SET}"},
    # Without pools the order of coding is another; more of them, or more threads, give the same bytes.
    "libx265": {"x265-params": "pools=2:frame-threads=2:open-gop=0:info=0"},
    "libvpx-vp9": {"threads": "1", "row-mt": "0"},
    "libsvtav1": {"svtav1-params": "lp=1"},
    LOSSLESS_AV1: {"threads": "1", "row-mt": "0"},
    "mpeg4": {"threads": "1"},
    "ffv1": {"threads": "1", "slices": "4"},
    "prores_ks": {"threads": "1"},
    "dnxhd": {"threads": "1"},
    "png": {"threads": "1"},
}
"""What each encoder is told beside the options of a whole render, or in their place.

One thread costs the least processor time, and many pieces are encoded at a time.
"""


def piece_options(video: VideoExport, export: Export, codec: VideoCodec, rate: Fraction) -> Options:
    """Return all options of the output that one piece is, its container included.

    A piece begins with a keyframe, refers to nothing outside of itself, and carries no tags and no dates.
    """
    kept = _changed(video_options(video, export, codec, rate), _ALONE[video_encoder(video, codec)])
    # The tag is that of the finished file's container.
    encoder = tuple(option for option in kept if option[0] != "tag:v")
    return (
        *encoder,
        ("map_metadata", "-1"),
        ("map_chapters", "-1"),
        ("fflags", "+bitexact"),
        ("flags:v", "+bitexact"),
        ("f", piece_format(video, codec)),
    )


def piece_format(video: VideoExport, codec: VideoCodec) -> str:
    """Name the muxer of pieces: NUT, whose finished pieces can be read while the process still runs.

    The alpha of VP9 is a second picture beside each packet, which NUT leaves out.
    """
    return "matroska" if codec == "vp9" and has_alpha(video.pixel_format) else "nut"


def _changed(options: Options, others: dict[str, str]) -> Options:
    """Put options in place of those of the same name; parameters of encoders are merged one by one."""
    left = dict(others)
    changed: list[tuple[str, str | None]] = []
    for name, value in options:
        other = left.pop(name, None)
        if other is None:
            changed.append((name, value))
        elif name.endswith("-params"):
            changed.append((name, _merged(value or "", other)))
        else:
            changed.append((name, other))
    return (*changed, *left.items())


def _merged(parameters: str, others: str) -> str:
    together = dict(each.partition("=")[::2] for each in [*parameters.split(":"), *others.split(":")] if each)
    return ":".join(f"{name}={value}" if value else name for name, value in together.items())
