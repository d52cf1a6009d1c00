"""What each kind that can be made ahead holds of a file, as clients ask for it when they name nothing special."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from protocol.commands.media import MediaInfo
from sidecar.services.access import ReadAccess
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.preload import Maker

if TYPE_CHECKING:
    from sidecar.services.media.analysis.service import AnalysisService
    from sidecar.services.media.filmstrip.service import FilmstripService
    from sidecar.services.media.proxy.service import ProxyService
    from sidecar.services.media.service import MediaService
    from sidecar.services.media.waveform.service import WaveformService

PROBE_SECONDS = 120.0
"""How long a file may take that is probed ahead: reading the index of a large one takes as long as reading the file."""

PICTURES = 240
"""Keyframes of a file whose pictures are drawn ahead, at most: of more every so manieth."""


class Shops(Protocol):
    """Those who make what is kept."""

    @property
    def media(self) -> MediaService: ...
    @property
    def waveforms(self) -> WaveformService: ...
    @property
    def filmstrips(self) -> FilmstripService: ...
    @property
    def analyses(self) -> AnalysisService: ...
    @property
    def proxies(self) -> ProxyService: ...


def makers(shops: Shops) -> Mapping[Kind, Maker]:
    """Return what makes each kind of a file. Where a file has nothing of it, as no sound, nothing is made."""

    async def probed(path: Path, shown: str) -> MediaInfo:
        return await shops.media.probe(path, index="keyframes", timeout=PROBE_SECONDS, shown=shown)

    async def metadata(path: Path, shown: str, _read: ReadAccess) -> None:
        await probed(path, shown)

    async def waveforms(path: Path, shown: str, _read: ReadAccess) -> None:
        from sidecar.services.media.waveform.cutter import Asked  # noqa: PLC0415 - start-up time

        if (await shops.media.probe(path, timeout=PROBE_SECONDS, shown=shown)).audio:
            await shops.waveforms.waveform(path, Asked(), shown=shown)

    async def filmstrips(path: Path, shown: str, _read: ReadAccess) -> None:
        from protocol.commands.filmstrip import MediaFilmstrip  # noqa: PLC0415 - start-up time

        info = await probed(path, shown)
        if info.video:
            every = info.keyframes or ["0/1"]
            times = every[:: -(-len(every) // PICTURES)]
            await shops.filmstrips.filmstrip(MediaFilmstrip(path=shown, times=list(times)), path, shown=shown)

    async def analysis(path: Path, shown: str, _read: ReadAccess) -> None:
        from sidecar.services.media.analysis.messages import Options  # noqa: PLC0415 - start-up time
        from sidecar.services.media.analysis.service import KINDS, PICTURE, SOUND, Asked  # noqa: PLC0415

        info = await probed(path, shown)
        absent = (frozenset() if info.video else PICTURE) | (frozenset() if info.audio else SOUND)
        kinds = tuple(kind for kind in KINDS if kind not in absent)
        await shops.analyses.analyze(path, Asked(kinds=kinds, options=Options()), shown=shown)

    async def proxies(path: Path, shown: str, read: ReadAccess) -> None:
        from protocol.commands.proxy import MediaProxy  # noqa: PLC0415 - start-up time

        if (await probed(path, shown)).video:
            await shops.proxies.proxy(MediaProxy(path=shown), path, shown=shown, read=read)

    return {
        "metadata": metadata,
        "waveforms": waveforms,
        "filmstrips": filmstrips,
        "analysis": analysis,
        "proxies": proxies,
    }
