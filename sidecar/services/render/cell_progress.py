"""How far one cell of a render is."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.commands.render import SegmentState
from sidecar.services.render.given_share import GivenShare


@dataclass(slots=True)
class CellProgress:
    """How far a cell is. `given` and `made` are frames that went into and came out of its encoder.

    `seconds` of processor is what `timed_given` and `timed_made` of them took. `given_share` is the share of the work on
    a frame that is done when its encoder has it.
    """

    index: int
    first: int
    end: int
    state: SegmentState = "waiting"
    given: int = 0
    made: int = 0
    bytes: int = 0
    seconds: float = 0.0
    timed_given: int = 0
    timed_made: int = 0
    given_share: GivenShare = field(default_factory=GivenShare)

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def done(self) -> float:
        """Share of its work that is done."""
        return 1.0 if self.settled else min(1.0, self.share(self.given, self.made))

    @property
    def timed(self) -> float:
        """Share of its work that took `seconds`."""
        return self.share(self.timed_given, self.timed_made)

    def share(self, given: int, made: int) -> float:
        """Return which share of its work so many frames are."""
        part = self.given_share.value
        return (part * given + (1 - part) * made) / self.frames

    @property
    def settled(self) -> bool:
        """Whether its packets are there."""
        return self.state in ("cached", "copied", "encoded")
