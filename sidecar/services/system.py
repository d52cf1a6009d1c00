"""The sidecar about itself: versions, machine, folders, health, and the log lines of a trace."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.session import FfmpegSummary, Paths
from protocol.commands.system import FontList, Health, HealthCheck, SystemInfo, Trace
from protocol.errors import SidecarError
from sidecar import __version__
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services import health, machine
from sidecar.services.files import why_unwritable
from sidecar.services.folders import Folders
from sidecar.services.gpu import Gpu, find_gpus
from sidecar.services.logs import Log
from sidecar.services.settings import SettingsStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class SystemService:
    """Knows what this instance was made of. `toolchain` and `gpus` raise when there is none."""

    settings: SettingsStore
    folders: Folders
    log: Log
    toolchain: Callable[[], Toolchain]
    capabilities: Callable[[], Awaitable[Capabilities]]
    fonts: Callable[[], FontList]
    started: float
    """When the process started to serve, by `time.time()`."""
    gpus: Callable[[], tuple[Gpu, ...]] = find_gpus

    def paths(self) -> Paths:
        """Folders in use."""
        folders = self.folders
        return Paths(data=str(folders.data), cache=str(folders.cache), temp=str(folders.temp), log=str(folders.log))

    def ffmpeg(self) -> FfmpegSummary | None:
        """The FFmpeg in use; None when none is usable."""
        try:
            found = self.toolchain()
        except SidecarError:
            return None
        return FfmpegSummary(path=str(found.path), version=found.version, licence=found.licence)

    async def info(self) -> SystemInfo:
        """Measure and return what runs here, and on what."""
        return await trio.to_thread.run_sync(self._info)

    async def health(self) -> Health:
        """Run every check. A check that fails is a result, not an error."""
        return health.health(
            [
                health.check_ffmpeg(await trio.to_thread.run_sync(_attempt, self.toolchain)),
                health.check_encoders(await self._capabilities()),
                self._fonts(),
                health.check_gpu(await trio.to_thread.run_sync(_attempt, self.gpus), self.settings.current.hardware),
                await trio.to_thread.run_sync(self._disk),
                await trio.to_thread.run_sync(self._writable),
                self._settings(),
            ]
        )

    async def trace(self, trace_id: str, limit: int) -> Trace:
        """Return the last log lines of a trace, oldest first, home folders written as ~."""
        return await trio.to_thread.run_sync(self.log.trace, trace_id, limit)

    def list_fonts(self, contains: str | None = None) -> FontList:
        """Faces at hand whose family contains a text, whatever its case."""
        found = self.fonts()
        part = (contains or "").casefold()
        return FontList(fonts=[face for face in found.fonts if part in face.family.casefold()], default=found.default)

    def _info(self) -> SystemInfo:
        return SystemInfo(
            version=__version__,
            python=platform.python_version(),
            platform=machine.platform_name(),
            machine=platform.machine(),
            cores=machine.cores(),
            memory=machine.memory(),
            pid=os.getpid(),
            instance_id=self.folders.instance_id,
            started_at=datetime.fromtimestamp(self.started, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            uptime=round(time.time() - self.started, 3),
            ffmpeg=self.ffmpeg(),
            libraries=machine.libraries(),
            paths=self.paths(),
            isolation=machine.isolation(),
        )

    async def _capabilities(self) -> Capabilities | SidecarError:
        try:
            return await self.capabilities()
        except SidecarError as error:
            return error

    def _fonts(self) -> HealthCheck:
        found = self.fonts()
        return health.check_fonts([face.family for face in found.fonts], found.default)

    def _disk(self) -> HealthCheck:
        free = {folder: machine.free_space(folder) for folder in self._own_folders()}
        return health.check_disk(free, self.settings.current.min_free_disk_bytes)

    def _writable(self) -> HealthCheck:
        refused = {folder: why for folder in self._own_folders() if (why := why_unwritable(folder)) is not None}
        return health.check_folders(refused)

    def _settings(self) -> HealthCheck:
        broken = self.settings.broken
        if broken is None:
            return health.check_settings(self.settings.path, None)
        kept = f"; it was set aside as {broken.kept_as}" if broken.kept_as is not None else ""
        return health.check_settings(self.settings.path, f"{broken.path}: {broken.detail}{kept}")

    def _own_folders(self) -> tuple[Path, ...]:
        return (self.folders.data, self.folders.cache, self.folders.temp, self.folders.log)


def _attempt(find: Callable[[], T]) -> T | SidecarError:
    """Call something that raises typed errors, and return the error instead."""
    try:
        return find()
    except SidecarError as error:
        return error
