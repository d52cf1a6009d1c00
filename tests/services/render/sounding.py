"""Makes the sound of timelines as a job does, and says what it took."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import trio

from protocol.project import Export
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.ffmpeg.toolchain import Toolchain, locate
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.store import CacheStore, open_cache_store
from sidecar.services.render.encoded_sound import SoundPlan, encoded_sound, plan_sound
from sidecar.services.render.sound_mix import SoundShop, open_mix
from tests.ffmpeg.sound.listening import RESOURCES, Sound
from tests.harness.patience import PATIENCE

ROOM = CacheLimits(2**30)


def export_of(container: str = "mkv", **audio: Any) -> Export:
    """Export settings with a picture and sound."""
    return msgspec.convert({"container": container, "video": {}, "audio": audio}, Export)


@dataclass(slots=True)
class SoundDesk:
    """A cache, and what was run with it: names of the folders of commands, in order."""

    home: Path
    supervisor: Supervisor
    toolchain: Toolchain
    store: CacheStore
    resources: Resources = RESOURCES
    ran: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    jobs: int = 0

    @property
    def mixed(self) -> int:
        """How many commands mixed anything."""
        return sum("-sound-" in name for name in self.ran)

    def plan(self, line: Timeline, export: Export, prints: Mapping[str, str] | None = None) -> SoundPlan:
        stages = Stages(line, export, self.resources, ())
        return plan_sound(stages, output_span(line, export), prints or {}, self.toolchain.version)

    def shop(self) -> SoundShop:
        """Open the folder of a new job."""
        self.jobs += 1
        folder = self.home / f"job-{self.jobs}"
        folder.mkdir()
        self.ran.clear()
        self.shares.clear()

        async def run(command: Command, name: str, descriptors: tuple[int, ...]) -> Path:
            self.ran.append(name)
            work = folder / name
            work.mkdir()
            await execute(
                command,
                toolchain=self.toolchain,
                supervisor=self.supervisor,
                work=work,
                role="render",
                pass_fds=descriptors,
            )
            return work

        return SoundShop(folder, run, self.store, self.store.scratch, self.shares.append)

    async def encode(self, line: Timeline, export: Export, prints: Mapping[str, str] | None = None) -> Pinned:
        """Make the encoded sound of a timeline."""
        with trio.fail_after(PATIENCE):
            return await encoded_sound(self.plan(line, export, prints), self.shop())

    async def mix(self, line: Timeline, export: Export | None = None) -> Sound:
        """Make the mix of a timeline."""
        plan = self.plan(line, export or export_of()).mix
        made = bytearray()
        with trio.fail_after(PATIENCE):
            async with open_mix(plan, self.shop()) as stretches:
                for each in stretches:
                    made += bytes(each.bytes) if each.path is None else each.path.read_bytes()
        return np.frombuffer(bytes(made), "<f4").reshape(-1, line.channels).T

    def left(self) -> list[Path]:
        """Return the files that lie in the cache's scratch folder."""
        return list(self.store.scratch.iterdir())


@asynccontextmanager
async def sound_desk(home: Path, limits: CacheLimits = ROOM, **members: Any) -> AsyncIterator[SoundDesk]:
    home.mkdir(exist_ok=True)
    opened = open_cache_store(home / "cache", instance_id="one", limits=lambda: limits)
    with opened as store:
        async with open_supervisor() as supervisor:
            yield SoundDesk(home, supervisor, locate(None, os.environ), store, **members)


def with_volume(line: Timeline, pointer: str, volume: float) -> Timeline:
    """Give one clip another volume."""
    lanes = []
    for lane in line.audio:
        items = [
            replace(item, clip=msgspec.structs.replace(item.clip, volume=volume)) if item.pointer == pointer else item
            for item in lane.items
        ]
        lanes.append(replace(lane, items=tuple(items)))
    return replace(line, audio=tuple(lanes))
