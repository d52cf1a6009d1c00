"""What the FFmpeg in use can read, write and filter, asked of the binary itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from protocol.commands.ffmpeg import Capabilities, ContainerSupport
from protocol.errors import DependencyMissing, FfmpegNotFound
from protocol.project.export import Container
from protocol.project.formats import CONTAINERS
from sidecar.ffmpeg.codecs import AUDIO_ENCODERS, MUXERS, VIDEO_ENCODERS
from sidecar.ffmpeg.failures import failure
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Identity, Toolchain, identity

ANSWER_WITHIN = 10.0
"""Seconds that one listing may take."""


@dataclass(frozen=True, slots=True)
class Listings:
    """FFmpeg's own names, sorted. A demuxer with several names stands under each."""

    encoders: tuple[str, ...]
    decoders: tuple[str, ...]
    muxers: tuple[str, ...]
    demuxers: tuple[str, ...]
    filters: tuple[str, ...]
    protocols: tuple[str, ...]
    hwaccels: tuple[str, ...]


_known: dict[Identity, Listings] = {}
"""What was asked once is not asked again: a binary's listings do not change."""


async def capabilities(toolchain: Toolchain, supervisor: Supervisor) -> Capabilities:
    """Return what the binary can do, and of each container what it can write; asked once a binary.

    A hardware encoder in the list was built in, which does not say that this machine has the hardware.

    Raises:
        FfmpegNotFound: the binary is gone, or does not answer.

    """
    listings = await _listings(toolchain, supervisor)
    return Capabilities(
        path=str(toolchain.path),
        version=toolchain.version,
        licence=toolchain.licence,
        source=toolchain.source,
        encoders=list(listings.encoders),
        decoders=list(listings.decoders),
        muxers=list(listings.muxers),
        demuxers=list(listings.demuxers),
        filters=list(listings.filters),
        protocols=list(listings.protocols),
        hwaccels=list(listings.hwaccels),
        containers=[container_support(name, listings) for name in CONTAINERS],
    )


def container_support(container: Container, listings: Listings) -> ContainerSupport:
    """Return which of a container's codecs can be written; `missing` names encoders, then the muxer."""
    holds, wanted = CONTAINERS[container], MUXERS[container]
    video = {codec: VIDEO_ENCODERS[codec] for codec in holds.video}
    audio = {codec: AUDIO_ENCODERS[codec] for codec in holds.audio}
    muxer = wanted in listings.muxers
    encoders = [*video.values(), *audio.values()]
    return ContainerSupport(
        container=container,
        muxer=muxer,
        video={codec: muxer and encoder in listings.encoders for codec, encoder in video.items()},
        audio={codec: muxer and encoder in listings.encoders for codec, encoder in audio.items()},
        missing=[name for name in encoders if name not in listings.encoders] + ([] if muxer else [wanted]),
    )


async def _listings(toolchain: Toolchain, supervisor: Supervisor) -> Listings:
    try:
        key = identity(toolchain.path)
    except OSError as error:
        raise FfmpegNotFound(detail="it is gone", tried=[str(toolchain.path)]) from error
    if key not in _known:
        found = {name: read(await _ask(toolchain, supervisor, name)) for name, read in READERS.items()}
        _known[key] = Listings(**{name: tuple(sorted(set(names))) for name, names in found.items()})
    return _known[key]


async def _ask(toolchain: Toolchain, supervisor: Supervisor, listing: str) -> str:
    """Return what FFmpeg prints for one of its listings."""
    argv: list[str | Path] = [toolchain.path, "-hide_banner", "-loglevel", "error", f"-{listing}"]
    text = b""
    try:
        with trio.fail_after(ANSWER_WITHIN):
            async with await supervisor.spawn(argv, cwd=Path.cwd(), stdout="pipe", role="capabilities") as child:
                if child.stdout is not None:
                    async for data in child.stdout:
                        text += data
                status = await child.wait()
                said = child.stderr_tail()
    except DependencyMissing as error:
        raise FfmpegNotFound(detail=error.detail, tried=[str(toolchain.path)]) from error
    except trio.TooSlowError as error:
        detail = f"-{listing} took longer than {ANSWER_WITHIN:g} s"
        raise FfmpegNotFound(detail=detail, tried=[str(toolchain.path)]) from error
    if status != 0:
        raise failure(status, said)
    return text.decode(errors="replace")


def read_codecs(text: str) -> list[str]:
    """Read `-encoders` and `-decoders`: six flags, then the name."""
    return re.findall(r"^ [VAS][F.][S.][X.][B.][D.] ([^=\s]+)", text, re.MULTILINE)


def read_formats(text: str) -> list[str]:
    """Read `-muxers` and `-demuxers`: three flags, then names joined by commas."""
    joined = re.findall(r"^ [D ][E ][d ] (\S+)", text, re.MULTILINE)
    return [name for names in joined for name in names.split(",")]


def read_filters(text: str) -> list[str]:
    """Read `-filters`: flags, the name, and what goes in and out."""
    return re.findall(r"^ [T.][S.][C.]? (\S+) +\S+->\S+", text, re.MULTILINE)


def read_protocols(text: str) -> list[str]:
    """Read `-protocols`: indented names under "Input:" and "Output:"."""
    return re.findall(r"^  (\S+)$", text, re.MULTILINE)


def read_hwaccels(text: str) -> list[str]:
    """Read `-hwaccels`: names under a headline."""
    return text.split()[3:]


READERS: dict[str, Callable[[str], list[str]]] = {
    "encoders": read_codecs,
    "decoders": read_codecs,
    "muxers": read_formats,
    "demuxers": read_formats,
    "filters": read_filters,
    "protocols": read_protocols,
    "hwaccels": read_hwaccels,
}
