"""How the work on a frame is shared between what composes it and what encodes it. Pure.

An encoder is given many frames before the first comes out, and gives the last ones out when it is given none: how the
work of those moments differs from that of the others tells what each costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

USUAL = 0.3
"""Share of the work on a frame that is done when its encoder has it, until a job's own frames tell: by x264, medium."""

DOUBT = 30.0
"""How much that counts, in squares of frames by which what went in was more or less than what came out."""

CHUNK = 10
"""Frames that are looked at as one: less is finer than the processor's clock."""

LEAST, MOST = 0.02, 0.9


@dataclass(slots=True)
class Seen:
    """What was seen of one process: frames and work since the last chunk, and the sums of all chunks.

    Of each chunk `frames` is the mean of those that went in and those that came out, `more` half of their difference.
    """

    given: int = 0
    made: int = 0
    work: float = 0.0
    frames: float = 0.0
    more: float = 0.0
    worked: float = 0.0
    more_squared: float = 0.0
    more_frames: float = 0.0
    more_worked: float = 0.0

    def note(self, given: int, made: int, work: float) -> None:
        """Take what went into encoders, what came out, and the work meanwhile."""
        self.given += given
        self.made += made
        self.work += work
        if self.given + self.made >= CHUNK:
            frames, more = (self.given + self.made) / 2, (self.given - self.made) / 2
            self.frames += frames
            self.more += more
            self.worked += self.work
            self.more_squared += more * more
            self.more_frames += more * frames
            self.more_worked += more * self.work
            self.given = self.made = 0
            self.work = 0.0


@dataclass(slots=True)
class GivenShare:
    """Fits work = cost · (frames + (2 · share - 1) · more): one share of all processes, the cost is each one's own."""

    value: float = USUAL
    _processes: list[Seen] = field(default_factory=list)

    def process(self) -> Seen:
        """Return what takes the counts of one more process."""
        self._processes.append(Seen())
        return self._processes[-1]

    def learn(self) -> None:
        """Fit the share to all that was seen."""
        lean = 2 * self.value - 1
        weight, pull = DOUBT, DOUBT * (2 * USUAL - 1)
        for seen in self._processes:
            whole = seen.frames + lean * seen.more
            if whole > 0 and seen.worked > 0:
                weight += seen.more_squared
                pull += seen.more_worked * whole / seen.worked - seen.more_frames
        self.value = min(MOST, max(LEAST, (pull / weight + 1) / 2))
