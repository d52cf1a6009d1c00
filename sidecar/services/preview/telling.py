"""Tells whoever asked how far something is."""

from __future__ import annotations

from collections.abc import Callable

from protocol.progress import Begin, End, Progress, Report

Tell = Callable[[Progress], None]


class Telling:
    """Says that work begins when the first of it is done, and then how much is."""

    def __init__(self, title: str, tell: Tell) -> None:
        self._title = title
        self._tell = tell
        self.begun = False

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done of how much; it never falls."""
        if not self.begun:
            self._tell(Begin(title=self._title, total=total))
        self.begun = True
        self._tell(Report(done=min(done, total), total=total, message=None))

    def end(self) -> None:
        """Say that it is done, if anything had to be."""
        if self.begun:
            self._tell(End())
