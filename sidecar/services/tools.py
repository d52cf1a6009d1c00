"""The FFmpeg in use, looked up when it is asked for: another may lie at its path while the sidecar runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from protocol.errors import FfmpegNotFound
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain, locate
from sidecar.services.settings import SettingsStore

if TYPE_CHECKING:
    from protocol.commands.ffmpeg import Capabilities


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """Finds FFmpeg by the setting, the environment, or the bundled one. Answers are cached by the binary."""

    settings: SettingsStore
    environ: Mapping[str, str]
    supervisor: Supervisor
    _turn: trio.Lock = field(default_factory=trio.Lock)

    async def look(self) -> Toolchain | None:
        """Return the FFmpeg to use, None when there is none; a binary that was not seen before is run in a thread.

        `require` does not wait for that after it.
        """
        async with self._turn:
            return await trio.to_thread.run_sync(self.current)

    def require(self) -> Toolchain:
        """Return the FFmpeg to use. Raises FfmpegNotFound, with why. Runs a binary that `look` has not seen."""
        state = self.settings.state(["ffmpegPath"])
        if state.sources["ffmpegPath"] == "environment":
            return locate(None, self.environ)
        return locate(self.settings.current.ffmpeg_path, {})

    def current(self) -> Toolchain | None:
        """Return the FFmpeg to use, None when there is none."""
        try:
            return self.require()
        except FfmpegNotFound:
            return None

    async def capabilities(self) -> Capabilities:
        """Ask the binary what it can do. Raises FfmpegNotFound."""
        from sidecar.ffmpeg.capabilities import capabilities  # noqa: PLC0415 - start-up time

        return await capabilities(self.require(), self.supervisor)
