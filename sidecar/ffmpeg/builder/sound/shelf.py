"""What is laid on the shelf before the windows of a mix are made: pieces of files, and what has a memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.catalogue import Catalogue
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.sound.clips import Use, played, use_of
from sidecar.ffmpeg.builder.sound.effects import Span, acting, remembers_all
from sidecar.ffmpeg.builder.sound.mix import Mixer
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES, TURNED_SECONDS, Kept, Turned, cut, exact
from sidecar.ffmpeg.builder.sound.score import Piece
from sidecar.ffmpeg.builder.sound.sources import FileSound, decode

RAW = (("map_metadata", "-1"), ("c:a", "pcm_f32le"), ("f", "f32le"))
"""Options of an output of floats without a header."""

GAP_SECONDS = 10
"""What of a file lies between two pieces that are needed is kept with them where it is no longer than this."""

MAX_RANGES = 16
"""Pieces that are kept of one file: one process writes them all."""

TURNS = 20
"""Pieces that one process turns round."""

LONG_TURN = 100
"""Seconds of source that are turned round beforehand, where the clip is stretched too."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Pieces [first, end) of a file's sound at a rate, decoded once."""

    number: int
    sound: FileSound
    rate: int
    ranges: tuple[Span, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the files in which they lie."""
        return sum(end - first for first, end in self.ranges) * self.sound.audio.channels * SAMPLE_BYTES

    def kept(self, folder: str) -> tuple[Kept, ...]:
        """Return the files in which they lie."""
        return tuple(
            Kept(f"file:{folder}/source-{self.number}-{index}.f32", *span, self.rate, self.sound.audio.channels)
            for index, span in enumerate(self.ranges)
        )

    def command(self, folder: str) -> Command:
        """Build the command that makes those files."""
        stream = decode(self.sound.facts, self.sound.audio, self.rate)
        outputs = []
        for kept in self.kept(folder):
            part = exact(cut(stream, kept.first, kept.end), kept.end - kept.first)
            outputs.append(Output((part,), RAW, kept.url))
        return Command(tuple(outputs), globals_=(("copyts", None),))


@dataclass(frozen=True, slots=True)
class Part:
    """Some samples of what is baked: `make` makes them, exactly or less."""

    span: Span
    make: Callable[[Mixer], Stream | None]


@dataclass(frozen=True, slots=True)
class Baked:
    """Sound that is made in order, part by part, into one file; `name` is what the mixer asks the shelf for."""

    name: str
    number: int
    rate: int
    channels: int
    parts: tuple[Part, ...]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"baked-{self.number}.f32"

    @property
    def bytes(self) -> int:
        """Bytes of the file."""
        return (self.parts[-1].span[1] - self.parts[0].span[0]) * self.channels * SAMPLE_BYTES

    def kept(self, folder: str) -> Kept:
        """Return where it lies once it is made."""
        first, end = self.parts[0].span[0], self.parts[-1].span[1]
        return Kept(f"file:{folder}/{self.file}", first, end, self.rate, self.channels)


def supplies(line: Timeline, catalogue: Catalogue, pieces: Sequence[Piece], span: Span) -> tuple[Supply, ...]:
    """Say what has to be decoded for some clips where only a span of them is heard.

    What has a memory needs all of its clip.
    """
    wanted: dict[tuple[tuple[str, int], int], tuple[FileSound, list[Span]]] = {}
    for piece in pieces:
        if not isinstance(piece.sound, FileSound):
            continue
        use = use_of(piece, line, (piece.start, piece.end))
        heard = max(piece.start, span[0]), min(piece.end, span[1])
        if not use.stretches and heard[0] < heard[1] and not any(acting(piece.item.clip.effects, catalogue)):
            use = use_of(piece, line, heard)
        first, end = max(0, use.first), max(1, use.end)
        file = piece.item.file
        if piece.item.looped and file is not None and file.duration is not None:
            first, end = 0, ceil(file.duration * file.tempo * use.rate)
        wanted.setdefault((piece.sound.key, use.rate), (piece.sound, []))[1].append((first, end))
    return tuple(
        Supply(number, sound, key[1], _joined(spans, GAP_SECONDS * key[1]))
        for number, (key, (sound, spans)) in enumerate(wanted.items())
    )


def _joined(spans: Sequence[Span], gap: int) -> tuple[Span, ...]:
    """Join spans that overlap, or nearly, until they are few."""
    joined: list[Span] = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1] + gap:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((first, end))
    if len(joined) > MAX_RANGES:
        gaps = sorted(after[0] - before[1] for before, after in pairwise(joined))
        return _joined(joined, gaps[len(joined) - MAX_RANGES - 1])
    return tuple(joined)


def clips_to_bake(line: Timeline, catalogue: Catalogue, pieces: Sequence[Piece], grid: int) -> Iterator[Baked]:
    """Return the clips that have a memory and lie in more than one window of `grid` samples."""
    number = 0
    for piece in pieces:
        if (piece.start // grid) == ((piece.until - 1) // grid):
            continue
        if isinstance(piece.sound, FileSound):
            use = use_of(piece, line, (piece.start, piece.end))
            if use.stretches:
                if use.turned and use.end - use.first > LONG_TURN * use.rate:
                    yield _turned(piece, piece.sound, use, number)
                    number += 1
                yield _played(piece, piece.sound, line, number)
                number += 1
        if remembers_all(piece.item.clip.effects, catalogue):
            yield _affected(piece, line, number)
            number += 1


def _turned(piece: Piece, sound: FileSound, use: Use, number: int) -> Baked:
    """Turn a long stretch of a source round before it is stretched. Sample n is the file's sample -1 - n."""
    step = TURNS * TURNED_SECONDS * use.rate
    first, end = -use.end, -use.first

    def part(low: int, high: int) -> Part:
        def make(mixer: Mixer) -> Stream:
            row = mixer.sources().row(sound, use.rate, use.first, use.end)
            return Turned(row, 0, use.rate).cut(low, high)

        return Part((low, high), make)

    parts = tuple(part(low, min(low + step, end)) for low in range(first, end, step))
    return Baked(f"turned {piece.item.pointer}", number, use.rate, sound.audio.channels, parts)


def _affected(piece: Piece, line: Timeline, number: int) -> Baked:
    span = piece.start, piece.until
    part = Part(span, lambda mixer: mixer.clip(piece, span))
    return Baked(piece.item.pointer, number, line.sample_rate, line.channels, (part,))


def _played(piece: Piece, sound: FileSound, line: Timeline, number: int) -> Baked:
    span = piece.start, piece.end
    part = Part(span, lambda mixer: played(piece, sound, line, mixer.sources(), span))
    return Baked(f"played {piece.item.pointer}", number, line.sample_rate, sound.audio.channels, (part,))
