"""What the service remembers of files: decoded, and bounded."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.commands.media import MediaInfo
from sidecar.core.source import SourceFacts
from sidecar.services.media.messages import Answer, Depth, Failure
from sidecar.services.media.records import LASTING, RANKS, lasting

REMEMBERED = 2_048
"""Files whose probe is kept."""

REMEMBERED_KEYFRAMES = 2_000_000
"""Keyframe times that are kept of all of them together."""

Stamp = tuple[int, int]
"""Size and time of a file."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one content: a plain result, and one with an index beside its facts; or why there is none.

    A failure that lasts is one of the depth at which it came, and of all deeper ones.
    """

    fingerprint: str
    plain: MediaInfo | None = None
    indexed: MediaInfo | None = None
    facts: SourceFacts | None = None
    failure: tuple[int, Failure] | None = None

    @property
    def stamp(self) -> Stamp:
        """Size and time of the file with this content."""
        size, time, _ = self.fingerprint.split("-", 2)
        return int(size), int(time)

    def holds(self, depth: Depth) -> bool:
        """Whether it has been read so far."""
        if depth == "decoded":
            return self.facts is not None and all(video.damaged is not None for video in self.facts.video)
        return self.indexed is not None or (depth == "none" and self.plain is not None)

    def refuses(self, depth: Depth) -> Failure | None:
        """Return why the file cannot be read so far, if that is known."""
        return self.failure[1] if self.failure is not None and RANKS[depth] >= self.failure[0] else None

    def told(self, answer: Answer, depth: Depth) -> Known:
        """Return what is known with an answer besides."""
        if answer.failure is not None:
            if answer.failure.kind not in LASTING:
                return self
            return replace(self, failure=(RANKS[depth], lasting(answer.failure)))
        if answer.facts is not None:
            return replace(self, indexed=answer.info, facts=answer.facts)
        return replace(self, plain=answer.info)

    @property
    def keyframes(self) -> int:
        """Number of keyframe times."""
        return sum(len(video.keyframes or ()) for video in self.facts.video) if self.facts else 0


class Knowledge:
    """What is known by path, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._files: OrderedDict[Path, Known] = OrderedDict()
        self._keyframes = 0

    def get(self, path: Path) -> Known | None:
        """Return what is known of a path, whatever lies there now."""
        return self._files.get(path)

    def use(self, path: Path) -> None:
        """Take note that it was of use."""
        if path in self._files:
            self._files.move_to_end(path)

    def current(self, path: Path) -> Known | None:
        """Return what is known of a file whose size and time have not changed since; looks at the file, reads nothing."""
        known = self._files.get(path)
        return known if known is not None and known.stamp == stamp_of(path) else None

    def remember(self, path: Path, known: Known) -> None:
        """Keep what is known of a path."""
        old = self._files.pop(path, None)
        self._files[path] = known
        self._keyframes += known.keyframes - (old.keyframes if old is not None else 0)
        while len(self._files) > 1 and (len(self._files) > REMEMBERED or self._keyframes > REMEMBERED_KEYFRAMES):
            _, dropped = self._files.popitem(last=False)
            self._keyframes -= dropped.keyframes


def stamp_of(path: Path) -> Stamp:
    """Return size and time of a file; (-1, -1) where there is none."""
    try:
        facts = os.stat(path)  # noqa: PTH116 - a third of the time of Path.stat, and asked of thousands
    except (OSError, ValueError):
        return (-1, -1)
    return facts.st_size, facts.st_mtime_ns
