"""How the work on a frame is shared between what composes it and what encodes it. Pure.

An encoder is given many frames before the first comes out, and gives the last ones out when it is given none: from what
that takes follows what each costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

USUAL = 0.3
"""Share of the work on a frame that is done when its encoder has it, until a job's own frames tell: by x264, medium."""

DOUBT = 100.0
"""How much that counts, in squares of frames that were seen."""

CHUNK = 10
"""Frames that are looked at as one: less is finer than the processor's clock."""

LEAST, MOST = 0.01, 0.95


@dataclass(slots=True)
class Chunk:
    """Frames that went into and came out of encoders since something was last learnt, and the work on them."""

    given: int = 0
    made: int = 0
    work: float = 0.0


@dataclass(slots=True)
class GivenShare:
    """Fits work = a · given + b · made, by least squares; the share is a / (a + b)."""

    value: float = USUAL
    _sums: list[float] = field(default_factory=lambda: [0.0] * 5)

    def note(self, chunk: Chunk, given: int, made: int, work: float) -> None:
        """Take what went into encoders of one process, what came out, and the work meanwhile."""
        chunk.given += given
        chunk.made += made
        chunk.work += work
        if chunk.given + chunk.made >= CHUNK:
            self._learn(chunk.given, chunk.made, chunk.work)
            chunk.given = chunk.made = 0
            chunk.work = 0.0

    def _learn(self, given: int, made: int, work: float) -> None:
        for place, term in enumerate((given * given, given * made, made * made, given * work, made * work)):
            self._sums[place] += term
        gg, gm, mm, gw, mw = self._sums
        # What is usual is one more equation, of any scale: a (1 - USUAL) = b USUAL.
        gg += DOUBT * (1 - USUAL) ** 2
        gm -= DOUBT * (1 - USUAL) * USUAL
        mm += DOUBT * USUAL**2
        a, b = gw * mm - mw * gm, mw * gg - gw * gm
        if a + b > 0:
            self.value = min(MOST, max(LEAST, a / (a + b)))
