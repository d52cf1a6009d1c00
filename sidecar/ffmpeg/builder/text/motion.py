"""How text moves (docs/engine.md, "Titles and cues"): where a block stands at each frame.

A pose is a function of the time on the text's own clock alone, so any piece of a clip is drawn like the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from math import ceil, floor, pi, sin

from protocol.project import Animation
from protocol.project.curves import ease
from protocol.time import parse_seconds
from sidecar.ffmpeg.builder.text.layout import Block
from sidecar.ffmpeg.builder.text.look import Look

PHASES = 8
"""Letters that a wave is long; every eighth letter stands alike."""

WAVE = 0.2
"""Height of a wave above and below the line, as a fraction of the font size."""

BOUNCE = 0.5
"""Height of a bounce, as a fraction of the font size."""

SHAKE = 0.08
"""How far text shakes in each direction, as a fraction of the font size."""

SHAKES = 10
"""Places that shaking text goes to in one period."""

LARGEST = 4.0
"""Font size that text grows to at most, in widths and heights of the frame; a cubic Bézier may ask for anything."""

FARTHEST = 100_000.0
"""How far text is moved at most, in pixels."""

PULSE = 0.1
"""How much larger than itself pulsing text grows."""

_AWAY = {"top": (0.0, 1.0), "bottom": (0.0, -1.0), "left": (1.0, 0.0), "right": (-1.0, 0.0)}
"""Direction that leads away from an edge."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a block differs from itself at rest, at one instant.

    Moved by (x, y) project pixels, scaled about its middle, at an opacity; `letters` are how many grapheme clusters
    show (None: all), `wave` how far those of each phase are moved; `lit` are the characters that are highlighted, from
    and to, counted without white space.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    opacity: float = 1.0
    letters: int | None = None
    wave: tuple[tuple[float, float], ...] = ()
    lit: tuple[int, int] | None = None


REST = Pose()


@dataclass(frozen=True, slots=True)
class SungWord:
    """A word and its time; `letters` are its characters, from and to, counted without white space."""

    start: Fraction
    end: Fraction
    letters: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves a text that lives from `start` to `end`, in seconds of the clock that its frames are counted on.

    `words` are highlighted in turn; `roll`: the text moves from below the frame to above it; `fade` are opacities of
    its frames, from a first one on.
    """

    start: Fraction
    end: Fraction
    animations: tuple[Animation, ...] = ()
    words: tuple[SungWord, ...] = ()
    roll: bool = False
    fade: tuple[int, tuple[float, ...]] | None = None


def poses(
    motion: Motion, block: Block, frames: tuple[int, int], rate: Fraction, size: tuple[int, int]
) -> Iterator[tuple[int, int, Pose]]:
    """Yield the pose of a block over frames [first, end) as runs of equal ones: first frame, end, pose."""
    first, end = frames
    start, known = first, None
    frame = first
    spans = _moving(motion, rate)
    while frame < end:
        pose = pose_at(motion, block, frame / rate, size)
        if motion.fade is not None:
            pose = replace(pose, opacity=pose.opacity * motion.fade[1][frame - motion.fade[0]])
        if known is None:
            known = pose
        elif pose != known:
            yield start, frame, known
            start, known = frame, pose
        frame = _next(frame, spans, end)
    if known is not None:
        yield start, end, known


def _moving(motion: Motion, rate: Fraction) -> list[tuple[int, int]]:
    """Frames in which a pose may differ from that of the frame before, as spans."""
    if motion.fade is not None:
        return [(motion.fade[0], motion.fade[0] + len(motion.fade[1]))]
    if motion.roll:
        return [(floor(motion.start * rate), ceil(motion.end * rate) + 1)]
    times = [_span(motion, animation) for animation in motion.animations]
    spans = [(floor(begin * rate), ceil(stop * rate) + 1) for begin, stop in times]
    edges = {edge for word in motion.words for edge in (word.start, word.end)}
    return [*spans, *((ceil(edge * rate), ceil(edge * rate) + 1) for edge in edges)]


def _next(frame: int, spans: list[tuple[int, int]], end: int) -> int:
    """Return the next frame whose pose may differ."""
    following = frame + 1
    if any(low <= following < high for low, high in spans):
        return following
    return min((low for low, _ in spans if low > following), default=end)


def pose_at(motion: Motion, block: Block, time: Fraction, size: tuple[int, int]) -> Pose:
    """Return the pose of a block at a time of its clock; all its animations at once."""
    pose = REST
    for index, animation in enumerate(motion.animations):
        begin, stop = _span(motion, animation)
        pose = _MOVES[animation.type](_Act(animation, begin, stop, time, block, size, index), pose)
    if motion.roll:
        way = float((time - motion.start) / (motion.end - motion.start))
        pose = replace(pose, y=pose.y + size[1] - block.top - way * (size[1] + block.height))
    for word in motion.words:
        if word.start <= time < word.end:
            pose = replace(pose, lit=word.letters)
    largest = max(1.0, LARGEST * sum(size) / block.look.size)
    return replace(pose, x=_within(pose.x, FARTHEST), y=_within(pose.y, FARTHEST), scale=_within(pose.scale, largest))


def _within(value: float, limit: float) -> float:
    """Keep a number within bounds; what is none comes out as the limit."""
    return max(-limit, min(limit, value))


def _span(motion: Motion, animation: Animation) -> tuple[Fraction, Fraction]:
    """Return when an animation begins and ends: `…Out` from its end, all others from their start."""
    delay = parse_seconds(animation.delay)
    lasting = None if animation.duration is None else parse_seconds(animation.duration)
    if animation.type.endswith("Out"):
        end = motion.end - delay
        return (motion.start if lasting is None else end - lasting), end
    begin = motion.start + delay
    return begin, (max(begin, motion.end) if lasting is None else begin + lasting)


@dataclass(frozen=True, slots=True)
class _Act:
    """An animation at an instant: it runs from `begin` to `stop`."""

    animation: Animation
    begin: Fraction
    stop: Fraction
    time: Fraction
    block: Block
    size: tuple[int, int]
    index: int

    @property
    def progress(self) -> float:
        """Eased progress: 0 up to the begin, 1 from the end."""
        if self.time >= self.stop:
            return 1.0
        if self.time <= self.begin:
            return 0.0
        return ease(self.animation.easing, float((self.time - self.begin) / (self.stop - self.begin)))

    @property
    def periods(self) -> Fraction | None:
        """Periods since the begin; None while it does not run."""
        if not self.begin <= self.time < self.stop:
            return None
        return (self.time - self.begin) / parse_seconds(self.animation.parameters.get("period", 1.0))

    @property
    def phase(self) -> float | None:
        """Eased phase within the period, 0–1; None while it does not run."""
        periods = self.periods
        return None if periods is None else ease(self.animation.easing, float(periods % 1))

    @property
    def look(self) -> Look:
        return self.block.look


def _fade(act: _Act, pose: Pose) -> Pose:
    factor = _entered(act)
    return replace(pose, opacity=pose.opacity * min(1.0, max(0.0, factor)))


def _slide(act: _Act, pose: Pose) -> Pose:
    """From wholly outside the edge of the frame: outline and shadow too."""
    block, look = act.block, act.look
    edge = act.animation.direction
    over = look.size / 4 + look.outline_width + max(abs(look.shadow_x), abs(look.shadow_y)) + 3 * look.shadow_blur
    reach = {
        "top": block.bottom,
        "bottom": act.size[1] - block.top,
        "left": block.left + block.width,
        "right": act.size[0] - block.left,
    }[edge]
    way = (1 - _entered(act)) * max(0.0, reach + over)
    x, y = _AWAY[edge]
    return replace(pose, x=pose.x - x * way, y=pose.y - y * way)


def _scale(act: _Act, pose: Pose) -> Pose:
    return replace(pose, scale=pose.scale * max(0.0, _entered(act)))


def _typewriter(act: _Act, pose: Pose) -> Pose:
    total = act.block.letters
    shown = max(0, min(total, floor(act.progress * total + 1e-9)))
    return replace(pose, letters=min(shown, total if pose.letters is None else pose.letters))


def _wave(act: _Act, pose: Pose) -> Pose:
    phase = act.phase
    if phase is None:
        return pose
    x, y = _AWAY[act.animation.direction]
    height = WAVE * act.look.size
    swings = [height * sin(2 * pi * (phase - letter / PHASES)) for letter in range(PHASES)]
    before = pose.wave or ((0.0, 0.0),) * PHASES
    wave = tuple((dx + x * swing, dy + y * swing) for (dx, dy), swing in zip(before, swings, strict=True))
    return replace(pose, wave=wave)


def _bounce(act: _Act, pose: Pose) -> Pose:
    phase = act.phase
    if phase is None:
        return pose
    x, y = _AWAY[act.animation.direction]
    height = BOUNCE * act.look.size * 4 * phase * (1 - phase)
    return replace(pose, x=pose.x + x * height, y=pose.y + y * height)


def _shake(act: _Act, pose: Pose) -> Pose:
    """Go from one place to the next; the places are numbered from the begin, and drawn by their number."""
    periods = act.periods
    if periods is None:
        return pose
    place, way = divmod(periods * SHAKES, 1)
    eased = ease(act.animation.easing, float(way))
    reach = SHAKE * act.look.size
    moved = []
    for axis in "xy":
        one, other = (_place(act.index, axis, place + step) for step in (0, 1))
        moved.append(reach * (one + (other - one) * eased))
    return replace(pose, x=pose.x + moved[0], y=pose.y + moved[1])


@lru_cache(maxsize=4_096)
def _place(index: int, axis: str, number: int) -> float:
    """Draw a number from −1 to 1; at the begin text stands where it belongs."""
    if number == 0:
        return 0.0
    drawn = int.from_bytes(sha256(f"shake {index} {axis} {number}".encode()).digest()[:8], "big")
    return drawn / (1 << 63) - 1


def _blink(act: _Act, pose: Pose) -> Pose:
    phase = act.phase
    return pose if phase is None or phase < 0.5 else replace(pose, opacity=0.0)


def _pulse(act: _Act, pose: Pose) -> Pose:
    phase = act.phase
    if phase is None:
        return pose
    return replace(pose, scale=pose.scale * (1 + PULSE * sin(pi * phase) ** 2))


def _entered(act: _Act) -> float:
    """How far the text is in: 1 at rest; a cubic Bézier may pass 0–1."""
    return 1 - act.progress if act.animation.type.endswith("Out") else act.progress


_MOVES: dict[str, Callable[[_Act, Pose], Pose]] = {
    "fadeIn": _fade,
    "fadeOut": _fade,
    "slideIn": _slide,
    "slideOut": _slide,
    "scaleIn": _scale,
    "scaleOut": _scale,
    "typewriter": _typewriter,
    "wave": _wave,
    "bounce": _bounce,
    "shake": _shake,
    "blink": _blink,
    "pulse": _pulse,
}
