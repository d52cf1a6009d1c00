"""Opens what shows pictures of projects, with the services that it needs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from sidecar.services.media.service import worker_count
from sidecar.services.preview.service import Neighbours, PreviewService, open_previews

if TYPE_CHECKING:
    from sidecar.services.container import Services


def open_previews_of(services: Services) -> AbstractAsyncContextManager[PreviewService]:
    """Open it for these services."""
    neighbours = Neighbours(
        projects=services.projects,
        media=services.media,
        fonts=lambda: services.fonts,
        memory=lambda: services.memory,
        cache=lambda: services.cache,
        proxies=lambda: services.proxies,
        resources=lambda: services.resources,
        supervisor=services.supervisor,
        toolchain=services.tools.require,
        folder=services.folders.temp,
        workers=lambda: worker_count(services.settings.current.workers),
    )
    return open_previews(neighbours)
