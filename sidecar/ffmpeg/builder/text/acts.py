"""Texts with their lives: the blocks of a title, a cue or a graphic, and how each moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from protocol.project import GraphicSource, Position, Style, TitleSource
from protocol.project.graphics import GRAPHICS
from protocol.project.styles import REFERENCE_HEIGHT
from sidecar.ffmpeg.builder.text.fontset import FontSet, Run
from sidecar.ffmpeg.builder.text.graphics import Card, Panel, cards
from sidecar.ffmpeg.builder.text.layout import Block, Line, lay_out
from sidecar.ffmpeg.builder.text.look import look_of, scaled_position, scaled_style
from sidecar.ffmpeg.builder.text.motion import Motion

TextSource = TitleSource | GraphicSource
"""Sources that are drawn as text."""

SCALES = frozenset({"scaleIn", "scaleOut", "pulse"})
"""Animations that change the size of text."""

_LARGEST = 8
"""How much larger than itself an animation may make text before its shadow's blur stops growing."""


@dataclass(frozen=True, slots=True)
class Act:
    """A block that is shown on frames [first, end) of a clock, and its motion on that clock."""

    block: Block
    first: int
    end: int
    motion: Motion

    @property
    def blur(self) -> float:
        """Widest blur, in project pixels."""
        return widest_blur(self.block.look.shadow_blur, scales=any(a.type in SCALES for a in self.motion.animations))


@dataclass(frozen=True, slots=True)
class TitleSpan:
    """Frames [first, first + frames) of the clock of a clip that lasts `length` frames.

    Frame 0 is the clip's first on the timeline; inside transition handles frames are negative, or at `length` and
    beyond.
    """

    first: int
    frames: int
    length: int

    @property
    def end(self) -> int:
        return self.first + self.frames


def widest_blur(blur: float, *, scales: bool) -> float:
    """Widest that a blur becomes while its text moves."""
    return blur * (_LARGEST if scales else 1)


def is_moving(source: TextSource) -> bool:
    """Whether a title or a graphic is not the same picture on every frame."""
    return bool(source.animations) if isinstance(source, TitleSource) else GRAPHICS[source.name].moves


def fades_as_one(source: TextSource, size: tuple[int, int]) -> bool:
    """Whether a title at an opacity is the same picture as each of its paints at it: none lies on another."""
    if not isinstance(source, TitleSource):
        return False
    look, _ = look_of(source.style, None, *size)
    return look.outline is None and look.shadow is None and look.background is None


def acts_of(source: TextSource, span: TitleSpan, rate: Fraction, size: tuple[int, int], fonts: FontSet) -> list[Act]:
    """Lay out what any frame of the span shows of a title or a graphic, in a project of this size, lowest first."""
    length = span.length / rate
    if isinstance(source, TitleSource):
        look, anchor = look_of(source.style, source.position, *size)
        motion = Motion(Fraction(0), length, tuple(source.animations))
        return [Act(lay_out(source.text, look, anchor, fonts), span.first, span.end, motion)]
    found = []
    for card in cards(source, span.first / rate, span.end / rate, length):
        start = Fraction(0) if card.start is None else card.start
        end = length if card.end is None else card.end
        first = span.first if card.start is None else max(span.first, ceil(start * rate))
        last = span.end if card.end is None else min(span.end, ceil(end * rate))
        if first < last:
            motion = Motion(start, end, card.animations, roll=card.roll)
            found.append(Act(_block(card, size, fonts), first, last, motion))
    return found


def _block(card: Card, size: tuple[int, int], fonts: FontSet) -> Block:
    factor = size[1] / REFERENCE_HEIGHT
    style = scaled_style(card.style, factor)
    if card.panel is not None:
        return _panel(card.panel, style, size, fonts)
    look, anchor = look_of(style, scaled_position(card.position, factor), *size)
    return lay_out(card.text, look, anchor, fonts)


def _panel(panel: Panel, style: Style, size: tuple[int, int], fonts: FontSet) -> Block:
    """Return a block without letters: its background alone. It has a face all the same, for libass draws none without."""
    look, anchor = look_of(style, Position(), *size)
    factor = size[1] / REFERENCE_HEIGHT
    left, top = panel.left * factor, panel.top * factor
    right = size[0] if panel.right is None else panel.right * factor
    bottom = size[1] if panel.bottom is None else panel.bottom * factor
    face = fonts.face(look.family, look.weight, italic=look.italic)
    return Block(look, anchor, (Line((Run("", face),), 0.0, 0),), left, top, right - left, bottom - top)


def blur_of(acts: Sequence[Act]) -> float:
    """Widest blur of all acts."""
    return max((act.blur for act in acts), default=0.0)
