"""What running jobs needs, and what of it one job has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.commands.render import MeasuredLoudness, RenderProgress, Reused, Segment, SegmentState, State
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.render.delivery import Delivery
from sidecar.services.render.job import RenderJob
from sidecar.services.render.planning import Planned
from sidecar.services.render.progress import ProgressMeter

if TYPE_CHECKING:
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.media.service import MediaService
    from sidecar.services.render.copies import Extracted
    from sidecar.services.render.slots import Slots


@dataclass(frozen=True, slots=True)
class Workshop:
    """What running a job needs.

    `damage` decodes a whole file and returns what is found of it. `slots` are places for processes, of all jobs;
    `least` is how many bytes are to stay free; `segments` is told which cells have entered another state;
    `noted` returns once the job is in the journal as it is.
    """

    supervisor: Supervisor
    toolchain: Toolchain
    temp: Path
    owner: str
    fingerprint: Callable[[Path], Awaitable[str | None]]
    damage: Callable[[Path], Awaitable[SourceFacts]]
    media: MediaService
    store: CacheStore
    slots: Slots
    least: int
    segments: Callable[[RenderJob, Mapping[int, SegmentState]], None]
    noted: Callable[[RenderJob], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Made:
    """A part file that was made: what was measured of its sound, where its cells came from.

    `joins` are frames at which new cells begin or end; `copies` are the spans that were copied, by the keys of cells.
    """

    loudness: MeasuredLoudness | None
    reused: Reused
    joins: tuple[int, ...] = ()
    copies: Mapping[str, Extracted] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Attempt:
    """One attempt of a job: what it is to make, and how it is shown meanwhile.

    `scratch` is where files are made that the cache takes over if it can; the attempt's names there begin with that
    of `work`, which is its own.
    """

    job: RenderJob
    planned: Planned
    shop: Workshop
    delivery: Delivery
    part: Path
    work: Path
    scratch: Path
    shown: ProgressMeter
    report: Callable[[RenderProgress], None]
    segments: list[Segment] = field(default_factory=list)

    def tell(self) -> None:
        """Report how far it is, and which cells have entered another state."""
        self.pass_on(self.shown.pictured(trio.current_time()))

    def pass_on(self, progress: RenderProgress) -> None:
        """Report progress, after the cells that it speaks of."""
        self.tell_cells()
        self.report(progress)

    def end(self, state: State) -> None:
        """Note how far it was when it failed or was cancelled."""
        self.job.progress = self.shown.ended(state, trio.current_time())
        self.tell_cells()

    def tell_cells(self) -> None:
        """Tell which cells have entered another state."""
        changes = self.shown.meter.changes()
        if changes:
            for index, state in changes.items():
                cell = self.segments[index]
                self.segments[index] = Segment(index=index, from_=cell.from_, to=cell.to, state=state)
            self.shop.segments(self.job, changes)

    def freeze(self, paused: bool) -> None:  # noqa: FBT001 - what the switch says
        """Let the job's clock stand while it is paused."""
        (self.shown.pause if paused else self.shown.resume)(trio.current_time())
