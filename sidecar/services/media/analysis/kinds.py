"""Which measure makes which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from av.audio.frame import AudioFrame

from protocol.commands.analysis import Kind
from sidecar.services.media.analysis.black import Black
from sidecar.services.media.analysis.crop import Crop
from sidecar.services.media.analysis.freeze import Freeze
from sidecar.services.media.analysis.interlacing import Interlacing
from sidecar.services.media.analysis.loudness import Loudness
from sidecar.services.media.analysis.measure import Item, Measure
from sidecar.services.media.analysis.messages import Options
from sidecar.services.media.analysis.motion import Motion
from sidecar.services.media.analysis.picture import Picture
from sidecar.services.media.analysis.scenes import Scenes
from sidecar.services.media.analysis.sharpness import Sharpness
from sidecar.services.media.analysis.silence import Silence


class PictureMeasure(Measure, Protocol):
    """A measure of pictures."""

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture, and give what it decided."""
        ...


class SoundMeasure(Measure, Protocol):
    """A measure of sound."""

    def hear(self, block: AudioFrame, time: Fraction) -> Iterator[Item]:
        """Take the next samples, which begin at `time`, and give what they decided."""
        ...


_PICTURE: Mapping[Kind, Callable[[Options, Fraction], PictureMeasure]] = {
    "scenes": lambda options, _: Scenes(options.scenes),
    "black": lambda options, _: Black(options.black),
    "freeze": lambda options, _: Freeze(options.freeze),
    "sharpness": lambda options, begin: Sharpness(options.interval, begin),
    "motion": lambda options, begin: Motion(options.interval, begin),
    "interlacing": lambda _options, _: Interlacing(),
    "crop": lambda _options, _: Crop(),
}
_SOUND: Mapping[Kind, Callable[[Options], SoundMeasure]] = {
    "silence": lambda options: Silence(options.silence),
    "loudness": lambda _: Loudness(),
}


def picture_measures(kinds: Sequence[Kind], options: Options, begin: Fraction) -> dict[Kind, PictureMeasure]:
    """Return the measures of pictures among some kinds; intervals count from `begin`."""
    return {kind: _PICTURE[kind](options, begin) for kind in kinds if kind in _PICTURE}


def sound_measures(kinds: Sequence[Kind], options: Options) -> dict[Kind, SoundMeasure]:
    """Return the measures of sound among some kinds."""
    return {kind: _SOUND[kind](options) for kind in kinds if kind in _SOUND}
