"""Puts together what makes files of previews, out of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.services.media.waveform.cutter import Cutter
from sidecar.services.preview.clips import Clips
from sidecar.services.preview.gifs import Gifs
from sidecar.services.preview.mixes import Mixes
from sidecar.services.preview.storyboard.service import Storyboards
from sidecar.services.preview.trials import Trials
from sidecar.services.preview.waves import Waves

if TYPE_CHECKING:
    from sidecar.services.container import Services
    from sidecar.services.preview.service import PreviewService


def storyboards(services: Services, previews: PreviewService) -> Storyboards:
    """What makes storyboards."""
    return Storyboards(
        pictures=previews.pictures,
        analyses=lambda: services.analyses,
        drawing=services.excerpts.drawing,
        memory=lambda: services.memory,
        resources=lambda: services.resources,
    )


def clips(services: Services) -> Clips:
    """What makes clips."""
    return Clips(services.excerpts, lambda: services.resources)


def gifs(services: Services) -> Gifs:
    """What makes GIFs."""
    return Gifs(services.excerpts, lambda: services.resources)


def waves(services: Services) -> Waves:
    """What makes waveforms."""
    cutter = Cutter(services.media, lambda: services.cache, lambda: services.resources)
    return Waves(
        mixes=Mixes(services.excerpts, cutter),
        files=services.waveforms,
        cutter=cutter,
        cache=lambda: services.cache,
        resources=lambda: services.resources,
    )


def trials(services: Services, previews: PreviewService) -> Trials:
    """What shows effects and cues before they are in a project."""
    return Trials(previews.stages, previews.pictures, services.excerpts, lambda: services.resources)
