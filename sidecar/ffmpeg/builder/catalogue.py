"""What effects and transitions are to the builders: kinds by name, each with its parameters and the graph it makes.

The kinds themselves are declared in `sidecar/effects`, one small module each; the builders are given them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import msgspec

from protocol.model import Model
from protocol.project import Animated, Keyframes
from protocol.typed import ready
from sidecar.core.timeline.animation import bounded, constant, sampled
from sidecar.ffmpeg.builder.graph import POINT, Medium, Stream, Support
from sidecar.ffmpeg.builder.sidefiles import SideFiles


@dataclass(frozen=True, slots=True)
class PictureScene:
    """What an effect or a transition is told of the frames it is given.

    The stream's frame i is frame `first` + i of the owner's clock: 0 is a clip's first frame (negative in a handle),
    of a track and the project it is the project's first. Timestamps are 0, 1, 2, … in time base 1/rate, `frames` of
    them. Frames are planar RGB in `pixel_format`: gbrp or gbrp16le where nothing is transparent, else gbrap or
    gbrap16le with colour multiplied by alpha. `size` is in pixels, `scale` the pixels that one project pixel
    covers. `analysis` is what the kind's own analysis found, None before it was made: a table whose first entry is the
    owner's frame `origin`. `contents` are those of the
    files that parameters name, by the path as it is written.
    """

    first: int
    frames: int
    rate: Fraction
    size: tuple[int, int]
    scale: float
    pixel_format: str
    files: SideFiles
    origin: int = 0
    analysis: bytes | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def deep(self) -> bool:
        """16 bits a channel instead of 8."""
        return self.pixel_format.endswith("16le")

    @property
    def alpha(self) -> bool:
        return self.pixel_format.startswith("gbrap")

    def values(self, animated: Animated) -> list[float]:
        """Return a parameter's value at each frame."""
        return sampled(animated, self.first, self.frames, self.rate)


@dataclass(frozen=True, slots=True)
class SoundScene:
    """What a sound effect is told: float samples (fltp) at `sample_rate` in `channels` channels, timestamps from 0.

    Sample 0 of the stream is sample `first` of the owner's clock, `length` samples follow; `rate` is the project's
    frame rate, at whose instants animated values are taken. `key` is the sound of the track that a parameter of kind
    track names, over the same samples.
    """

    first: int
    length: int
    sample_rate: int
    channels: int
    rate: Fraction
    files: SideFiles
    key: Stream | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a kind must know of its owner's whole picture before any frame of it can be made: an entry a frame.

    The owner's frames are given as grey of 8 bits, `width` pixels wide and of the picture's aspect, packed one after
    the other. `run` takes some of them, their size, and how many of them (`before` at most; fewer where the owner
    begins) come before those it is to describe; it returns the entries of the latter, joined to a table that
    `PictureScene.analysis` hands on. It may depend on nothing else. `version` is raised whenever the same frames begin
    to give another table.
    """

    version: int
    width: int
    before: int
    run: Callable[[bytes, tuple[int, int], int], bytes]


@dataclass(frozen=True, slots=True)
class EffectKind:
    """An effect.

    `parameters` is a struct whose members all have defaults; `sidecar/effects/parameters.py` has the words for their
    ranges, units and descriptions. `neutral` are the values of some of them at which the effect changes nothing
    (then it is not built), `shown` those at which a contact sheet shows it and tests see it act, where they are not
    the defaults; `samples` are contents of the files that `shown` names.

    `support` says which frames around one decide it: what a window reaches beyond its owner's first and last frame
    shows those two; `analysis` goes with `Whole`. `grow` returns by how many stream pixels the picture gets larger on
    every side; `clears`: opaque frames may come out transparent, so they are given with alpha; `pixelwise`: every
    pixel is decided by itself alone, wherever it lies; `scale_free` false: it runs at the project's size or above,
    never below. A sample depends on `pre_roll` seconds of sound before it (None: on all, from the owner's beginning)
    and on `look_ahead` after; for `tail` seconds after its end a sound is heard on.

    `build` takes the stream, the parameters and the scene. Titles and descriptions are English; Russian ones stand
    in `title_ru`, `description_ru`, where they are written.
    """

    name: str
    medium: Medium
    category: str
    title: str
    description: str
    parameters: type[Model]
    build: Callable[[Stream, Any, Any], Stream]
    neutral: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, bytes] = field(default_factory=dict)
    support: Callable[[Any], Support] = lambda _: POINT
    grow: Callable[[Any, float], int] = lambda _parameters, _scale: 0
    clears: bool = False
    pixelwise: bool = False
    scale_free: bool = True
    analysis: Analysis | None = None
    pre_roll: Callable[[Any], Fraction | None] = lambda _: Fraction(0)
    look_ahead: Callable[[Any], Fraction] = lambda _: Fraction(0)
    tail: Callable[[Any], Fraction] = lambda _: Fraction(0)
    title_ru: str = ""
    description_ru: str = ""

    def read(self, raw: Mapping[str, Any]) -> Any:
        """Decode parameters; raises msgspec.ValidationError, which validation has made impossible by then."""
        return bounded(msgspec.convert(dict(raw), ready(self.parameters)))

    def idle(self, parameters: Any) -> bool:
        """Whether these parameters change nothing."""
        return bool(self.neutral) and all(
            _same(getattr(parameters, name), value) for name, value in self.neutral.items()
        )


def _same(value: Any, wanted: Any) -> bool:
    return bool((constant(value) if isinstance(value, Keyframes) else value) == wanted)


@dataclass(frozen=True, slots=True)
class TransitionKind:
    """A transition of two frame-sized pictures of one format.

    `build` takes the outgoing and the incoming stream, the progress of every frame (0–1 after easing, exactly 0 on
    the transition's first frame and 1 on its last; the frames given may be any part of them), the parameters and the
    scene, whose `first` counts from the transition's first frame.
    """

    name: str
    category: str
    title: str
    description: str
    parameters: type[Model]
    build: Callable[[Stream, Stream, Sequence[float], Any, PictureScene], Stream]
    title_ru: str = ""
    description_ru: str = ""

    def read(self, raw: Mapping[str, Any]) -> Any:
        """Decode parameters; raises msgspec.ValidationError, which validation has made impossible by then."""
        return msgspec.convert(dict(raw), ready(self.parameters))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every kind there is, by its name: the `type` that a project writes."""

    effects: Mapping[str, EffectKind] = field(default_factory=dict)
    transitions: Mapping[str, TransitionKind] = field(default_factory=dict)
