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
_NEAR = 1
"""Seconds that two readings of one decoder may overlap; what one of them waits for is held in memory."""


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
    """One decoding of a file; `until` is the source second up to which it has been taken."""

    stream: Stream
    until: Fraction


class Readers:
    """Decoders of one sequence of clips. Clips that take a file in its own order share one decoder."""

    def __init__(self) -> None:
        self._readers: dict[tuple[str, int, int], _Reader] = {}

    def take(self, sound: FileSound, rate: int, start: Fraction, end: Fraction) -> Stream:
        """Return a file's sound from its source time 0 on, for a clip that needs source seconds [start, end)."""
        key = (sound.facts.path, sound.audio.stream, rate)
        reader = self._readers.get(key)
        if reader is None or start < reader.until - _NEAR:
            reader = self._readers[key] = _Reader(decode(sound.facts, sound.audio, rate), Fraction(0))
        reader.until = max(reader.until, end)
        return reader.stream


def decode(facts: SourceFacts, audio: SourceAudio, rate: int) -> Stream:
    """Decode a sound stream from the start of its file, as floats at `rate`, sample 0 at source time 0.

    A seek is not exact to the sample in any compressed format, so none is made. The command keeps timestamps as they
    are stored (`-copyts`); gaps in them become silence. AAC in MPEG-TS says nothing of its priming and comes out
    1024 samples late, as in every player.
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
