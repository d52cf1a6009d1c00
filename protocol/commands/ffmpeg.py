"""FFmpeg: what the binary in use can do, and the commands that the sidecar would run."""

from __future__ import annotations

from typing import Any, Literal

from protocol.commands.command import Command, Empty, Example, Params
from protocol.errors import (
    DecoderCrashed,
    EffectInvalid,
    EffectUnknown,
    EncoderUnavailable,
    FfmpegNotFound,
    InvalidParams,
    InvalidProject,
    LimitExceeded,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    NothingToRender,
    NotSupported,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    ResourceLimit,
    Timeout,
    UnsupportedSchema,
)
from protocol.model import Result

Builder = Literal[
    "render",
    "thumbnails",
    "videoPreview",
    "waveform",
    "gif",
    "concat",
    "filterPreview",
    "probe",
    "hwaccelTest",
    "subtitlePreview",
]


class ContainerSupport(Result):
    """What of a container's codecs this FFmpeg can write; `missing` names the encoders or muxers that it lacks."""

    container: str
    muxer: bool
    video: dict[str, bool]
    audio: dict[str, bool]
    missing: list[str]


class Capabilities(Result):
    """The binary in use. Names are FFmpeg's own."""

    path: str
    version: str
    licence: str
    source: Literal["setting", "environment", "bundled"]
    encoders: list[str]
    decoders: list[str]
    muxers: list[str]
    demuxers: list[str]
    filters: list[str]
    protocols: list[str]
    hwaccels: list[str]
    containers: list[ContainerSupport]


class FfmpegCommand(Params, kw_only=True):
    """A builder's own parameters; `output` is where the command would write."""

    builder: Builder
    parameters: dict[str, Any] = {}
    output: str | None = None


class SideFile(Result):
    """A file that stands in the working folder while the command runs."""

    name: str
    text: str


class BuiltCommand(Result):
    """A command that was not run: its arguments, and its filter graph with one chain a line."""

    builder: Builder
    argv: list[str]
    graph: str | None
    files: list[SideFile]


COMMANDS = (
    Command(
        "ffmpeg.capabilities",
        Empty,
        Capabilities,
        "List what the FFmpeg in use can read, write and filter.",
        Example({}),
        raises=(FfmpegNotFound,),
    ),
    Command(
        "ffmpeg.command",
        FfmpegCommand,
        BuiltCommand,
        "Return the arguments and the graph of a builder without running them.",
        Example({"builder": "waveform", "parameters": {"path": "clip.mp4"}, "output": "wave.png"}),
        raises=(
            FfmpegNotFound,
            InvalidParams,
            MediaNotFound,
            MediaUnreadable,
            MediaUnsupported,
            MediaEncrypted,
            DecoderCrashed,
            PermissionDenied,
            Timeout,
            LimitExceeded,
            EffectUnknown,
            EffectInvalid,
            InvalidProject,
            UnsupportedSchema,
            ProjectNotFound,
            ProjectNotOpen,
            ProjectConflict,
            NothingToRender,
            NotSupported,
            EncoderUnavailable,
            ResourceLimit,
        ),
    ),
)
