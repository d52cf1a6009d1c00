"""Graphics cards, their encoders, and which of those a render takes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import trio
from msgspec.structs import replace

from protocol.commands.gpu import Benchmark, BenchmarkParams, DecoderTest, EncoderList, EncoderTest, GpuList
from protocol.errors import DependencyMissing, EncoderUnavailable
from protocol.project import Export
from protocol.project.export import VideoCodec
from protocol.project.formats import video_codec
from sidecar.ffmpeg.builder.encode_hardware import refusal
from sidecar.ffmpeg.codecs import HARDWARE, VIDEO_ENCODERS, Family, encoder_of
from sidecar.services.gpu.benchmark import Tell, run_benchmark
from sidecar.services.gpu.cards import measure_gpus
from sidecar.services.gpu.proofs import DECODERS, ENCODERS, Machine, Proofs
from sidecar.services.gpu.trials import Ground

PREFERRED: tuple[Family, ...] = ("nvenc", "qsv", "amf", "videotoolbox", "vaapi", "v4l2")
"""The order in which "auto" looks for an encoder that works."""

MEASURED: tuple[VideoCodec, ...] = ("h264", "hevc", "av1")
"""Codecs whose encoders are measured unless others are named."""


@dataclass(frozen=True, slots=True, eq=False)
class GpuService:
    """Answers what hardware there is; everything that counts as working has been tried.

    `ours` tells the processes that work for the sidecar; `nvml` stands in for the library in tests.
    """

    proofs: Proofs
    ours: Callable[[], Collection[int]]
    nvml: Any = None

    async def cards(self) -> GpuList:
        """List the cards. A machine without one, or without its driver, is a normal case."""
        try:
            found = await trio.to_thread.run_sync(measure_gpus, self.nvml, self.ours())
        except DependencyMissing as error:
            return GpuList(gpus=[], detail=error.detail)
        return GpuList(gpus=found, detail=None if found else "the driver tells of no card")

    async def encoders(self, *, refresh: bool = False) -> EncoderList:
        """Try every encoder and decoder that has not been tried; all again to `refresh`.

        Takes a second or two where there is no hardware; cancelled it leaves nothing. Raises FfmpegNotFound.
        """
        if refresh:
            self.proofs.forget()
        machine = await self.proofs.machine()
        encoders: dict[int, EncoderTest] = {}
        decoders: dict[int, DecoderTest] = {}
        async with trio.open_nursery() as nursery:

            async def encode(number: int, codec: VideoCodec, family: Family) -> None:
                encoders[number] = await self.proofs.encoder(machine, codec, family)

            async def decode(number: int) -> None:
                decoders[number] = await self.proofs.decoder(machine, *DECODERS[number])

            for number, (codec, family) in enumerate(ENCODERS):
                nursery.start_soon(encode, number, codec, family)
            for number in range(len(DECODERS)):
                nursery.start_soon(decode, number)
        listed = [encoders[number] for number in sorted(encoders)]
        return EncoderList(
            ffmpeg=self.proofs.tools.require().version,
            driver=machine[1],
            encoders=listed,
            decoders=[decoders[number] for number in sorted(decoders)],
            automatic={codec: _automatic(codec, listed) for codec in dict(ENCODERS)},
        )

    async def decided(self, export: Export) -> Export:
        """Return an export whose `hardware` is "off", or a family whose encoder works and takes its settings.

        "auto" becomes the first such family, else "off". Raises EncoderUnavailable for a family that was named and
        cannot do it, with the reason; FfmpegNotFound.
        """
        video, codec = export.video, video_codec(export)
        if video is None or codec is None or video.hardware == "off":
            return export
        machine = await self.proofs.machine()
        for family in PREFERRED:
            if video.hardware not in ("auto", family):
                continue
            reason = await self._reason(machine, export, codec, family)
            if reason is None:
                return replace(export, video=replace(video, hardware=family))
            if video.hardware == family:
                encoder = encoder_of(codec, family) or f"{codec}_{family}"
                raise EncoderUnavailable(encoder=encoder, detail=reason, nearest=VIDEO_ENCODERS[codec])
        return replace(export, video=replace(video, hardware="off"))

    async def benchmark(self, params: BenchmarkParams, tell: Tell) -> Benchmark:
        """Measure the encoders that work, one after the other. Cancelled it leaves nothing. Raises FfmpegNotFound."""
        machine = await self.proofs.machine()
        lanes: list[tuple[VideoCodec, Family | None]] = []
        for codec in dict.fromkeys(params.codecs or MEASURED):
            lanes.append((codec, None))
            for family in PREFERRED:
                if codec in HARDWARE[family]:
                    tested = await self.proofs.encoder(machine, codec, family)
                    lanes += [(codec, family)] if tested.outcome == "works" else []
        ground = Ground(self.proofs.tools.require(), self.proofs.supervisor, self.proofs.temp)
        return await run_benchmark(ground, params, lanes, tell)

    def gave_out(self) -> None:
        """Note that an encoder that had worked has failed in a job: all is tried again before it is used."""
        self.proofs.forget()

    async def _reason(self, machine: Machine, export: Export, codec: VideoCodec, family: Family) -> str | None:
        """Say why a family cannot encode an export; None where it can."""
        refused = refusal(export, family)
        if refused is not None:
            return refused
        return (await self.proofs.encoder(machine, codec, family, export.video)).reason


def _automatic(codec: str, tests: list[EncoderTest]) -> Family | None:
    working = {test.family for test in tests if test.codec == codec and test.outcome == "works"}
    return next((family for family in PREFERRED if family in working), None)
