"""A project service in a folder of its own, with neighbours that know nothing unless they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.commands.ffmpeg import Capabilities, ContainerSupport
from protocol.errors import MediaUnreadable
from sidecar.core.source import SourceFacts
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders
from sidecar.services.fonts import FontService
from sidecar.services.logs import Log
from sidecar.services.projects import ProjectService, open_project_service
from sidecar.services.settings import SettingsStore
from tests.harness.capabilities import capable

CLIP = {"id": "c1", "source": {"kind": "color", "color": "#204080"}, "start": 0, "duration": 1}
DEMO: dict[str, Any] = {
    "schema": "timeline/1",
    "id": "demo",
    "frameRate": "25",
    "width": 320,
    "height": 180,
    "tracks": [{"id": "v1", "kind": "video", "clips": [CLIP]}],
}


def longer(seconds: float) -> list[dict[str, Any]]:
    """Return a patch that sets the duration of the demo's clip."""
    return [{"op": "replace", "path": "/tracks/0/clips/0/duration", "value": seconds}]


@dataclass
class Media:
    """Files by name, with what a probe of them finds."""

    files: Mapping[str, SourceFacts] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    async def facts(self, path: Path, *, decoded: bool = False) -> SourceFacts:
        del decoded
        if path.name not in self.files:
            raise MediaUnreadable(path=str(path), detail="it is no media")
        return self.files[path.name]

    def known_facts(self, path: Path) -> SourceFacts | None:
        return self.files[path.name] if path.name in self.known else None


async def capabilities() -> Capabilities:
    """Say that only MP4 can be written, with MPEG-4 and AAC."""
    support = ContainerSupport(
        container="mp4", muxer=True, video={"h264": False, "mpeg4": True}, audio={"aac": True}, missing=["libx264"]
    )
    return capable(support)


@dataclass
class Workshop:
    """The service and what it was given."""

    service: ProjectService
    events: EventHub
    log: Log
    folder: Path


@asynccontextmanager
async def open_workshop(
    folder: Path, *, autosave: float = 0, adopted: tuple[Path, ...] = (), media: Media | None = None
) -> AsyncIterator[Workshop]:
    """Open a service whose data folder is `folder`/data."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    log = Log(folder, level="debug")
    events = EventHub()
    async with open_project_service(
        folders=Folders(data, folder, folder, folder, "test", adopted),
        media=media or Media(),
        fonts=lambda: FontService([]),
        capabilities=capabilities,
        settings=SettingsStore(folder / "settings.json", arguments={"autosaveSeconds": autosave}),
        events=events,
        log=log,
    ) as service:
        yield Workshop(service, events, log, folder)
    log.close()
