"""Peaks of a long stream, made by several workers at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import trio

from protocol.errors import SidecarError
from sidecar.services.media.messages import Item, unpack
from sidecar.services.media.waveform.cutter import Cutter
from sidecar.services.media.waveform.messages import MakePeaks, PeaksMade, PeaksPart, Share

QUIET_SECONDS = 60.0
"""Seconds that may pass between two messages of a worker; of peaks it sends some five times a second."""

Hear = Callable[[PeaksPart], None]


@dataclass(slots=True)
class Together:
    """Has the shares of a stream decoded, as many at a time as there are workers; `hear` is told of their sum."""

    cutter: Cutter
    shown: str
    hear: Hear
    seconds: dict[int, float] = field(default_factory=dict)
    made: dict[int, PeaksMade] = field(default_factory=dict)
    failed: list[SidecarError] = field(default_factory=list)

    async def make(self, task: MakePeaks, shares: Sequence[Share], target: Path) -> PeaksMade | None:
        """Write the peaks of all; None where they are not what a reading of the whole stream gives.

        Raises what a worker fails with first. Cancelling ends the workers.
        """
        await trio.to_thread.run_sync(target.touch)
        async with trio.open_nursery() as nursery:
            for place, share in enumerate(shares):
                part = msgspec.structs.replace(task, share=share)
                nursery.start_soon(self._one, place, part, nursery.cancel_scope)
        if self.failed:
            raise self.failed[0]
        made = [self.made[place] for place in sorted(self.made)]
        if len(made) < len(shares) or len({(each.sample_rate, each.channels) for each in made}) > 1:
            return None
        return msgspec.structs.replace(made[0], samples=sum(each.samples for each in made))

    async def _one(self, place: int, task: MakePeaks, others: trio.CancelScope) -> None:
        def hear(item: Item) -> None:
            part = unpack(item.body, PeaksPart)
            self.seconds[place] = part.seconds
            self.hear(msgspec.structs.replace(part, seconds=sum(self.seconds.values())))

        try:
            answer = await self.cutter.ask(task, self.shown, hear, QUIET_SECONDS)
        except SidecarError as error:
            self.failed.append(error)
            others.cancel()
            return
        made = unpack(answer.body or b"", PeaksMade)
        if made.exact:
            self.made[place] = made
        else:
            others.cancel()
