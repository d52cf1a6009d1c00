"""Graphics cards, and the encoders and decoders in hardware that a test has proved."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Empty, Example, Params
from protocol.errors import FfmpegNotFound, InvalidParams
from protocol.model import Result
from protocol.project.export import VideoCodec

Family = Literal["nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"]
Method = Literal["cuda", "vaapi", "qsv", "videotoolbox", "d3d11va", "vulkan"]
Outcome = Literal["works", "failed", "absent"]


class GpuProcess(Result):
    """A process that works for the sidecar, and its memory on a card in bytes, null where the driver does not tell."""

    pid: int
    memory: int | None


class Gpu(Result):
    """A card, as its driver tells: memory in bytes, loads as ratios, °C, watts. Null is not measured.

    `memoryUsed` is all that is not free, with what the driver keeps for itself. `processes` are the sidecar's own.
    """

    index: int
    name: str
    driver: str
    utilization: float | None
    memory_used: int | None
    memory_total: int | None
    encoder: float | None
    decoder: float | None
    temperature: float | None
    power: float | None
    processes: list[GpuProcess] | None


class GpuList(Result):
    """Cards that NVIDIA's driver tells of; `detail` says why there are none."""

    gpus: list[Gpu]
    detail: str | None


class EncodersQuery(Params, kw_only=True):
    """`refresh` tests again what was tested before."""

    refresh: bool = False


class EncoderTest(Result):
    """What a test encode came to. `absent`: this FFmpeg does not have it; `error` is the kind of error that `reason` tells of.

    `seconds` is how long the test took, null when it was not run.
    """

    encoder: str
    codec: VideoCodec
    family: Family
    outcome: Outcome
    reason: str | None
    error: str | None
    seconds: float | None


class DecoderTest(Result):
    """What decoding a frame in hardware came to: it works when the frame is that of the software decoder, bit for bit."""

    method: Method
    codec: VideoCodec
    outcome: Outcome
    reason: str | None
    error: str | None
    seconds: float | None


class EncoderList(Result):
    """Tests of this FFmpeg with this driver; `automatic` is what `hardware: "auto"` takes for a codec, null is software."""

    ffmpeg: str
    driver: str | None
    encoders: list[EncoderTest]
    decoders: list[DecoderTest]
    automatic: dict[str, Family | None]


class BenchmarkParams(Params, kw_only=True):
    """A generated clip of `frames` frames is encoded by each working encoder of these codecs, hardware and software.

    `codecs` null: H.264, HEVC and AV1.
    """

    codecs: Annotated[list[VideoCodec], Meta(min_length=1, max_length=11)] | None = None
    width: Annotated[int, Meta(ge=128, le=4096, multiple_of=2)] = 1280
    height: Annotated[int, Meta(ge=128, le=4096, multiple_of=2)] = 720
    frames: Annotated[int, Meta(ge=10, le=10_000)] = 120


class BenchmarkRow(Result):
    """One encoder; `family` null is software. `relative` is its speed over that of software; `reason` says why there is none."""

    encoder: str
    codec: VideoCodec
    family: Family | None
    frames_per_second: float | None
    relative: float | None
    reason: str | None


class Benchmark(Result):
    """Frames a second, FFmpeg's start and the generating of the frames included; nothing else of ours ran beside it."""

    width: int
    height: int
    frames: int
    results: list[BenchmarkRow]


COMMANDS = (
    Command("gpu.list", Empty, GpuList, "List the graphics cards.", Example({}), load="probe"),
    Command(
        "gpu.encoders",
        EncodersQuery,
        EncoderList,
        "Test every encoder and decoder in hardware, and say what works.",
        Example({}),
        raises=(FfmpegNotFound,),
        load="probe",
    ),
    Command(
        "gpu.benchmark",
        BenchmarkParams,
        Benchmark,
        "Measure working encoders against those in software.",
        Example({"codecs": ["h264"], "width": 320, "height": 240, "frames": 50}),
        raises=(FfmpegNotFound, InvalidParams),
        load="probe",
        progress=True,
    ),
)
