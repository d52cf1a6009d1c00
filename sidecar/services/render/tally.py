"""Counts the frames of every cell that one FFmpeg process encodes.

FFmpeg's own progress tells of its first output only. Here each encoder writes a line for every frame that it is given
and for every packet that it gives: both together tell how far it is, for encoders look many frames ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from sidecar.ffmpeg.builder.command import Command

GIVEN = "given.txt"
MADE = "made.txt"

_OPTIONS = (
    ("stats_enc_pre:v", GIVEN),
    ("stats_enc_pre_fmt:v", "{fidx} 0"),
    ("stats_mux_pre:v", MADE),
    ("stats_mux_pre_fmt:v", "{fidx} {size}"),
    # A cell can be read as soon as it is whole, not when the process ends.
    ("flush_packets", "1"),
)


@dataclass(slots=True)
class Count:
    """Frames that a cell's encoder was given, packets that it made, and their bytes."""

    given: int = 0
    made: int = 0
    bytes: int = 0


def counted(command: Command) -> Command:
    """Return the command with all its encoders counted, in files of its working folder."""
    outputs = tuple(replace(output, options=(*output.options, *_OPTIONS)) for output in command.outputs)
    return replace(command, outputs=outputs)


@dataclass(slots=True)
class Tally:
    """The counts of a running command with so many outputs, in its working folder."""

    folder: Path
    outputs: int
    counts: list[Count] = field(init=False)
    _read: dict[str, int] = field(default_factory=dict)
    _rest: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = [Count() for _ in range(self.outputs)]

    def look(self) -> None:
        """Read what was written since the last look."""
        for number, _ in self._lines(GIVEN):
            self.counts[number].given += 1
        for number, size in self._lines(MADE):
            self.counts[number].made += 1
            self.counts[number].bytes += size

    @property
    def total(self) -> int:
        """How many frames were given and made in all, when it was last looked."""
        return sum(count.given + count.made for count in self.counts)

    def _lines(self, name: str) -> list[tuple[int, int]]:
        try:
            with (self.folder / name).open("rb") as file:
                file.seek(self._read.get(name, 0))
                data = file.read()
        except FileNotFoundError:
            return []
        self._read[name] = self._read.get(name, 0) + len(data)
        *lines, self._rest[name] = (self._rest.get(name, b"") + data).split(b"\n")
        found = []
        for line in lines:
            number, _, size = line.partition(b" ")
            if number.isdigit() and size.isdigit() and int(number) < self.outputs:
                found.append((int(number), int(size)))
        return found
