"""What sounds: files, tones and noise."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from protocol.project import FileSource, NoiseSource, ToneSource
from sidecar.core.source import SourceAudio, SourceFacts
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.inputs import file_input
from sidecar.ffmpeg.builder.sound.rows import Decoded, Kept, Row, cut, joined

_SHAPES = {
    "sine": "sin(2*PI*{f}*{t})",
    "square": "if(lt(mod({f}*{t},1),0.5),1,-1)",
    "triangle": "2/PI*asin(sin(2*PI*{f}*{t}))",
    "sawtooth": "2*({f}*{t}-floor({f}*{t}+0.5))",
}
MAX_WAITING = 60
"""Seconds of sound that one decoder may hold in memory for clips whose turn on the timeline is yet to come."""

NOISE_SECONDS = 10
"""Noise is made in blocks of so many seconds of its clip, each from a seed of its own: any may be made alone."""

_SEED_STEP = 0x9E3779B1  # an odd number near 2**32 over the golden ratio: neighbours get seeds far apart


@dataclass(frozen=True, slots=True)
class FileSound:
    """The sound stream that a clip takes of a file, and which of its channels go where (None: by the layouts)."""

    facts: SourceFacts
    audio: SourceAudio
    channel_map: tuple[int | None, ...] | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells one stream from another."""
        return self.facts.path, self.audio.stream


Sound = FileSound | ToneSource | NoiseSource


def sound_of(item: Item, *, video: bool) -> Sound | None:
    """Return what a clip sounds of, on a video track or another; None if it is silent."""
    clip = item.clip
    if clip.muted or clip.volume == 0:
        return None
    if isinstance(clip.source, ToneSource) or (isinstance(clip.source, NoiseSource) and not video):
        return clip.source
    if isinstance(clip.source, FileSource) and item.file is not None and item.file.audio is not None:
        if item.frozen or (item.file.video is not None and item.file.video.still):
            return None
        chosen = clip.source.channel_map
        return FileSound(item.file.facts, item.file.audio, None if chosen is None else tuple(chosen))
    return None


@dataclass(slots=True)
class _Reader:
    """One decoding of a file: up to which source second it has run, and how many seconds of it wait in memory."""

    stream: Stream
    until: Fraction
    waiting: Fraction

    def wait(self, start: Fraction, end: Fraction) -> Fraction:
        """Seconds that would wait if a clip later on the timeline took [start, end)."""
        return max(Fraction(0), min(end, self.until) - max(start, Fraction(0)))


class Readers:
    """Decoders of one sequence of clips. Each begins at its file's start, so clips of a file share one if they can."""

    def __init__(self) -> None:
        self._readers: dict[tuple[tuple[str, int], int], list[_Reader]] = {}

    def row(self, sound: FileSound, rate: int, first: int, end: int) -> Row:
        """Return a file's sound for a clip that needs its samples [first, end) at `rate`."""
        start, stop = Fraction(first, rate), Fraction(end, rate)
        readers = self._readers.setdefault((sound.key, rate), [])
        able = [reader for reader in readers if reader.waiting + reader.wait(start, stop) <= MAX_WAITING]
        reader = min(able, key=lambda reader: reader.wait(start, stop), default=None)
        if reader is None:
            reader = _Reader(decode(sound.facts, sound.audio, rate), Fraction(0), Fraction(0))
            readers.append(reader)
        reader.waiting += reader.wait(start, stop)
        reader.until = max(reader.until, stop)
        return Decoded(reader.stream)

    def seconds(self) -> tuple[Fraction, Fraction]:
        """Return how many seconds are decoded, and how many of them if each stream were decoded once."""
        ends = [[reader.until for reader in readers] for readers in self._readers.values()]
        return sum((sum(each, Fraction(0)) for each in ends), Fraction(0)), sum(map(max, ends), Fraction(0))


@dataclass(slots=True)
class Shelf:
    """Sound that lies in files: pieces of sources by their stream and rate, and what was made of whole clips."""

    sources: dict[tuple[tuple[str, int], int], tuple[Kept, ...]]
    made: dict[str, Kept]

    def row(self, sound: FileSound, rate: int, first: int, end: int) -> Row:
        """Return the piece of a file that holds samples [first, end) at `rate`."""
        for kept in self.sources[sound.key, rate]:
            if kept.first <= max(0, first) and end <= kept.end:
                return kept
        raise AssertionError(f"samples {first}-{end} of {sound.facts.path} were not planned")


def decode(
    facts: SourceFacts, audio: SourceAudio, rate: int, *, seek: Fraction | None = None, first: int = 0
) -> Stream:
    """Decode a sound stream from the start of its file, as floats at `rate`, sample 0 at source time 0.

    The command keeps timestamps as they are stored (`-copyts`); gaps in them become silence. MP3 in AVI says nothing
    of its priming and comes out 1105 samples late, as in every player. A seek is not exact to the sample in any
    compressed format: with `seek`, a timestamp in seconds, the stream begins at sample `first` all the same, but for
    about a millisecond.
    """
    source = file_input(facts, seek=seek)
    quiet = Input(source.url, (*source.options, ("vn", None), ("sn", None), ("dn", None)))
    stream: Stream = InputStream(quiet, "audio", audio.stream)
    if facts.start:
        shift = Expression(f"PTS-round({facts.start.numerator}/{facts.start.denominator}/TB)")
        stream = node("asetpts", stream, expr=shift)
    return node("aresample", stream, osr=rate, osf="fltp", first_pts=first)


def generate(source: ToneSource | NoiseSource, rate: int, start: int, length: int) -> Stream:
    """Generate samples [start, start + length) of a tone or noise that begins with its clip, in one channel."""
    return _tone(source, rate, start, length) if isinstance(source, ToneSource) else _noise(source, rate, start, length)


def _tone(tone: ToneSource, rate: int, start: int, length: int) -> Stream:
    shape = _SHAPES[tone.waveform].format(f=repr(float(tone.frequency)), t=f"((n+{start})/{rate})")
    made = node("aevalsrc", medium="audio", exprs=Expression(f"{float(tone.level):.9f}*{shape}"), s=rate, c="mono")
    return node("aformat", node("atrim", made, end_sample=length), sample_fmts="fltp")


def _noise(noise: NoiseSource, rate: int, start: int, length: int) -> Stream:
    """White noise, evenly spread from -level to level."""
    block = NOISE_SECONDS * rate
    parts = []
    for number in range(start // block, (start + length - 1) // block + 1):
        low, high = max(start, number * block), min(start + length, (number + 1) * block)
        seed = (noise.seed + number * _SEED_STEP) % 2**32
        made = node("anoisesrc", medium="audio", r=rate, a=float(noise.level), c="white", seed=seed)
        parts.append(cut(made, low - number * block, high - number * block))
    return node("aformat", joined(parts), sample_fmts="fltp")


def samples(seconds: Fraction, rate: int) -> int:
    """Nearest sample of a time."""
    return floor(seconds * rate + Fraction(1, 2))
