"""Remembers which encoders and decoders of hardware have been tried, and with what result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.gpu import DecoderTest, EncoderTest, Method, Outcome
from protocol.errors import SidecarError
from protocol.project import VideoExport
from protocol.project.export import VideoCodec
from sidecar.ffmpeg.builder.hardware_trials import trial_settings
from sidecar.ffmpeg.codecs import HARDWARE, Family, encoder_of
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Identity, identity
from sidecar.services.gpu.cards import find_gpus
from sidecar.services.gpu.trials import Ground, Sample, Trial, make_sample, try_decoder, try_encoder
from sidecar.services.tools import Tools

AT_A_TIME = 2
"""Trials that run beside one another."""

RENDER_NODES = Path("/dev/dri")

Machine = tuple[Identity, str | None]
"""An FFmpeg and a driver: what was tried with others does not count."""

Key = tuple[Identity, str | None, VideoCodec, str]


@dataclass(slots=True, eq=False)
class Proofs:
    """Tries what has not been tried, a few at a time and each once; what is known ends with the process."""

    tools: Tools
    supervisor: Supervisor
    temp: Path
    driver: Callable[[], str | None]
    _known: dict[Key, Trial] = field(default_factory=dict)
    _samples: dict[Key, Sample] = field(default_factory=dict)
    _locks: dict[Key, trio.Lock] = field(default_factory=dict)
    _places: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AT_A_TIME))

    async def machine(self) -> Machine:
        """Return the FFmpeg and the driver in use, which results are of. Raises FfmpegNotFound."""
        return identity(self.tools.require().path), await trio.to_thread.run_sync(self.driver)

    async def encoder(
        self, machine: Machine, codec: VideoCodec, family: Family, wanted: VideoExport | None = None
    ) -> EncoderTest:
        """Try an encoder with these settings, unless that was done; None: the usual ones. Raises FfmpegNotFound."""
        name = encoder_of(codec, family)
        if name is None:
            raise AssertionError(f"{family} does not encode {codec}")
        trial: Trial | None = None
        if name in (await self._offered()).encoders:
            video = trial_settings(codec, family, wanted)
            trial = await self._once((*machine, codec, repr(video)), lambda on: try_encoder(on, video))
        outcome, reason = _outcome(trial)
        return EncoderTest(
            encoder=name,
            codec=codec,
            family=family,
            outcome=outcome,
            reason=reason,
            error=None if trial is None else trial.error,
            seconds=None if trial is None else trial.seconds,
        )

    async def decoder(self, machine: Machine, codec: VideoCodec, method: Method) -> DecoderTest:
        """Try a way of decoding, unless that was done. Raises FfmpegNotFound."""
        offered, trial = await self._offered(), None
        if method in offered.hwaccels and (method != "qsv" or f"{codec}_qsv" in offered.decoders):
            key = (*machine, codec, f"decode {method}")
            sample = partial(self._sample, machine[0], codec)
            trial = await self._once(key, lambda on: try_decoder(on, codec, method, sample))
        outcome, reason = _outcome(trial)
        return DecoderTest(
            method=method,
            codec=codec,
            outcome=outcome,
            reason=reason,
            error=None if trial is None else trial.error,
            seconds=None if trial is None else trial.seconds,
        )

    def forget(self) -> None:
        """Try everything again when it is next asked for."""
        self._known.clear()

    async def _offered(self) -> Capabilities:
        return await self.tools.capabilities()

    async def _sample(self, ffmpeg: Identity, codec: VideoCodec) -> Sample:
        """Return what decoders of a codec are tried with. Raises the errors of execution where it cannot be made."""
        key = (ffmpeg, None, codec, "sample")
        async with self._locks.setdefault(key, trio.Lock()):
            if key not in self._samples:
                self._samples[key] = await make_sample(self._ground(), codec)
            return self._samples[key]

    def _ground(self) -> Ground:
        return Ground(self.tools.require(), self.supervisor, self.temp)

    async def _once(self, key: Key, attempt: Callable[[Ground], Awaitable[Trial]]) -> Trial:
        async with self._locks.setdefault(key, trio.Lock()):
            if key not in self._known:
                async with self._places:
                    self._known[key] = await attempt(self._ground())
            return self._known[key]


def driver_version() -> str | None:
    """Name the drivers at hand: NVIDIA's version, and the render nodes of the others. Blocks."""
    found: list[str] = []
    with suppress(SidecarError):
        found += sorted({f"NVIDIA {card.driver}" for card in find_gpus()})
    with suppress(OSError):
        found += sorted(node.name for node in RENDER_NODES.iterdir() if node.name.startswith("renderD"))
    return ", ".join(found) or None


ENCODERS: tuple[tuple[VideoCodec, Family], ...] = tuple(
    (codec, family) for family, codecs in HARDWARE.items() for codec in codecs
)
DECODED: tuple[VideoCodec, ...] = ("h264", "hevc", "vp9", "av1")
METHODS: tuple[Method, ...] = ("cuda", "vaapi", "qsv", "videotoolbox", "d3d11va", "vulkan")
DECODERS: tuple[tuple[VideoCodec, Method], ...] = tuple((codec, method) for method in METHODS for codec in DECODED)


def _outcome(trial: Trial | None) -> tuple[Outcome, str | None]:
    if trial is None:
        return "absent", "this FFmpeg was built without it"
    return ("works" if trial.works else "failed"), trial.reason
