"""What sounds: files and tones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from protocol.errors import NotSupported
from protocol.project import Animated, FileSource, Keyframes, ToneSource
from sidecar.core.source import SourceAudio, SourceFacts
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.inputs import file_input

_SHAPES = {
    "sine": "sin(2*PI*{f}*t)",
    "square": "if(lt(mod({f}*t,1),0.5),1,-1)",
    "triangle": "2/PI*asin(sin(2*PI*{f}*t))",
    "sawtooth": "2*({f}*t-floor({f}*t+0.5))",
}
MAX_WAITING = 60
"""Seconds of sound that one decoder may hold in memory for clips whose turn on the timeline is yet to come."""


@dataclass(frozen=True, slots=True)
class FileSound:
    """The sound stream that a clip takes of a file, and which of its channels go where (None: by the layouts)."""

    facts: SourceFacts
    audio: SourceAudio
    channel_map: tuple[int | None, ...] | None


def sound_of(item: Item) -> FileSound | ToneSource | None:
    """Return what a clip sounds of; None if it is silent."""
    clip = item.clip
    if clip.muted or clip.freeze or clip.volume == 0:
        return None
    if isinstance(clip.source, ToneSource):
        return clip.source
    if isinstance(clip.source, FileSource) and item.file is not None and item.file.audio is not None:
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
        self._readers: dict[tuple[str, int, int], list[_Reader]] = {}

    def take(self, sound: FileSound, rate: int, start: Fraction, end: Fraction) -> Stream:
        """Return a file's sound from its source time 0 on, for a clip that needs source seconds [start, end)."""
        readers = self._readers.setdefault((sound.facts.path, sound.audio.stream, rate), [])
        able = [reader for reader in readers if reader.waiting + reader.wait(start, end) <= MAX_WAITING]
        reader = min(able, key=lambda reader: reader.wait(start, end), default=None)
        if reader is None:
            reader = _Reader(decode(sound.facts, sound.audio, rate), Fraction(0), Fraction(0))
            readers.append(reader)
        reader.waiting += reader.wait(start, end)
        reader.until = max(reader.until, end)
        return reader.stream


def decode(facts: SourceFacts, audio: SourceAudio, rate: int) -> Stream:
    """Decode a sound stream from the start of its file, as floats at `rate`, sample 0 at source time 0.

    A seek is not exact to the sample in any compressed format, so none is made. The command keeps timestamps as they
    are stored (`-copyts`); gaps in them become silence. MP3 in AVI says nothing of its priming and comes out 1105
    samples late, as in every player.
    """
    source = file_input(facts)
    quiet = Input(source.url, (*source.options, ("vn", None), ("sn", None), ("dn", None)))
    stream: Stream = InputStream(quiet, "audio", audio.stream)
    if facts.start:
        shift = Expression(f"PTS-round({facts.start.numerator}/{facts.start.denominator}/TB)")
        stream = node("asetpts", stream, expr=shift)
    return node("aresample", stream, osr=rate, osf="fltp", first_pts=0)


def generate(tone: ToneSource, rate: int, start: int, length: int) -> Stream:
    """Generate samples [start, start + length) of a tone that begins with its clip, in one channel."""
    shape = _SHAPES[tone.waveform].format(f=repr(float(tone.frequency)))
    made = node("aevalsrc", medium="audio", exprs=Expression(f"{float(tone.level):.9f}*{shape}"), s=rate, c="mono")
    cut = node("atrim", made, start_sample=start or None, end_sample=start + length)
    counted = node("asetpts", cut, expr=Expression("N")) if start else cut
    return node("aformat", counted, sample_fmts="fltp")


def steady(value: Animated) -> float:
    """Return the value of a member that may be animated but is not."""
    if isinstance(value, Keyframes):
        raise NotSupported(what="keyframes of sound")
    return float(value)


def samples(seconds: Fraction, rate: int) -> int:
    """Nearest sample of a time."""
    return floor(seconds * rate + Fraction(1, 2))
