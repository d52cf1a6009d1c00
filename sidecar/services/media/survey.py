"""Many files in one exchange with a worker: each costs a fraction of what asking for it alone does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.commands.media import MediaInfo
from protocol.errors import DecoderCrashed, SidecarError, Timeout
from sidecar.services.media.fingerprint import fingerprint
from sidecar.services.media.messages import Answer, Item, Survey, unpack
from sidecar.services.media.workers import WorkerPool

Found = MediaInfo | SidecarError
Tell = Callable[[Path, Found], None]
Take = Callable[[Path, str, Answer], None]
Blame = Callable[[Path, str, SidecarError], None]


def contents_of(paths: Sequence[Path]) -> list[str | SidecarError]:
    """Return the fingerprint of each file, or why it has none."""
    found: list[str | SidecarError] = []
    for path in paths:
        try:
            found.append(fingerprint(path))
        except SidecarError as error:
            found.append(error)
    return found


@dataclass(slots=True)
class _Hearing:
    """Hands what a worker says of files to `take`, in their order."""

    files: Sequence[tuple[Path, str]]
    take: Take
    heard: int = 0

    def hear(self, item: Item) -> None:
        path, content = self.files[self.heard]
        self.heard += 1
        self.take(path, content, unpack(item.body, Answer))


async def ask_together(
    pool: WorkerPool, files: Sequence[tuple[Path, str]], seconds: float, take: Take, blame: Blame
) -> None:
    """Have files with these fingerprints probed, each within so many seconds.

    A file on which a worker dies or stands still is blamed, and the others go on with another worker.
    """
    while files:
        hearing = _Hearing(files, take)
        task = Survey(b"", tuple((os.fsencode(path), content) for path, content in files))
        try:
            await pool.stream(task, seconds=seconds, shown=str(files[0][0]), on_item=hearing.hear)
        except (DecoderCrashed, Timeout) as error:
            if hearing.heard < len(files):
                blame(*files[hearing.heard], error)
        files = files[hearing.heard + 1 :]
