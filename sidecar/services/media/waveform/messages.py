"""What is asked of a worker for a waveform, and what it says."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from sidecar.services.media.messages import Task


class Watch(Struct, frozen=True):
    """What of the peaks is sent while they are computed: of one level, in bits; `span` is in seconds."""

    samples_per_pixel: int
    bits: int
    span: tuple[Fraction, Fraction] | None


class Share(Struct, frozen=True):
    """Samples [first, end) of a stream with so many channels, counted from its first one, which has the timestamp `zero`.

    `end` None: to the last.
    """

    zero: int
    channels: int
    first: int
    end: int | None


class SharePeaks(Task, frozen=True, tag="shares"):
    """Tell of the sound stream of that number how to share its decoding: the answer's body is a list of Share."""

    stream: int


class MakePeaks(Task, frozen=True, tag="peaks"):
    """Decode the sound stream of that number among those of the wire, and write its peaks to `target`.

    `origin` is the file's start on its own clock. With a `share` only that is decoded, and its peaks are written where
    they belong in a file that is there.
    """

    stream: int
    mix: bool
    origin: Fraction
    target: bytes
    watch: Watch | None
    share: Share | None = None


class PeaksPart(Struct, frozen=True):
    """Peaks while they are computed: `seconds` of sound (of a share) are done; pixels from `first` of the watched window on.

    `values` are little-endian 16-bit numbers: of each pixel and channel the lowest and the highest.
    """

    seconds: float
    first: int
    channels: int
    values: bytes


class PeaksMade(Struct, frozen=True):
    """A stream that has been read whole, or a share; `start` is when it begins, in seconds from the file's start.

    `exact`: False for a share that is not what a reading of the whole stream gives there; the rest says nothing then.
    """

    sample_rate: int
    channels: int
    samples: int
    start: Fraction
    exact: bool = True


class CutWaveform(Task, frozen=True, tag="waveform"):
    """Write the files of pixels [first, end) of one level out of the peaks in the file `path`."""

    channels: int
    sample_rate: int
    samples: int
    samples_per_pixel: int
    bits: int
    first: int
    end: int
    dat: bytes
    json: bytes
    rms: bytes


class MakeMixPeaks(Task, frozen=True, tag="mixpeaks"):
    """Write the peaks of floats to `target`: parts one behind the other, each of so many bytes, of a file or silent.

    The floats are 32 bits, channel by channel for each sample, in the machine's order. `skip` samples are left out
    before the first, and what follows `samples` of them. The path says nothing.
    """

    parts: tuple[tuple[int, bytes | None], ...]
    channels: int
    mix: bool
    skip: int
    samples: int
    target: bytes


class DrawWaveform(Task, frozen=True, tag="wavepicture"):
    """Draw pixels [first, end) of the finest level, of the peaks in the file `path`, as a PNG: the answer's body.

    `channels` stand below one another. Colours are #RRGGBB or #RRGGBBAA; `background` lies under them.
    """

    channels: int
    first: int
    end: int
    width: int
    height: int
    color: str
    background: str
