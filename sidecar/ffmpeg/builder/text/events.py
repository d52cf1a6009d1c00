"""The ASS texts of one block in one pose. No text of the project ever becomes a command in one.

Every line of text is an event of its own at a point of its own: so the distance of lines, their justification and
where cues stack are ours, and the same in every window of a project. Letters that do not show are drawn transparent,
so that those that do stand, join and kern as they do in the whole line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sidecar.ffmpeg.builder.text.clusters import clusters
from sidecar.ffmpeg.builder.text.layout import Block, Line
from sidecar.ffmpeg.builder.text.look import Look, Paint
from sidecar.ffmpeg.builder.text.motion import PHASES, Pose

_ALIGNMENT = {"left": 1, "center": 2, "right": 3}
_ROUND = 0.5523
"""Control points of a quarter circle as a cubic Bézier, as a fraction of its radius."""

_UNITS = 8
"""Drawings are in eighths of a pixel (\\p4)."""

_BEYOND = 64.0
"""Pixels that the edge of a box stays outside of the frame at least, where it is outside of it."""

_NEAR_ZERO = 0.001
_HIDDEN = "\\alpha&HFF&"
_JOINER = "\N{WORD JOINER}"


@dataclass(frozen=True, slots=True)
class _Ink:
    """What letters are drawn with: tags of all of them, those that show a letter, and those of a highlight.

    `always`: letters in full have other paints than their style's.
    """

    tags: str
    shown: str
    lit: str
    always: bool = False


@dataclass(frozen=True, slots=True)
class _Spot:
    """A line by its index, and what stands before it: grapheme clusters, and characters that are no white space."""

    index: int
    letter: int
    sung: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What events are written for: the size of the frame, and factors of blurs and of the widths of letters."""

    size: tuple[int, int]
    blur: float = 1.0
    narrow: float = 1.0

    @property
    def widest(self) -> float:
        """Widest outline that is drawn: one that covers the frame. libass takes minutes for the widest of all."""
        return float(sum(self.size))


def event_texts(block: Block, pose: Pose, sheet: Sheet) -> list[str]:
    """Return the texts of a block's events from the lowest up: box, blurred shadow, letters.

    There is none for what cannot be seen.
    """
    look = block.look
    if pose.opacity <= 0 or pose.scale < _NEAR_ZERO:
        return []
    texts = [_box(block, look.background, pose, sheet.size)] if look.background is not None else []
    spots = _visible_lines(block, pose, sheet.size[1])
    inks = []
    if look.shadow is not None and look.shadow_blur > 0:
        inks.append(_shadow_ink(look, look.shadow, pose, sheet))
    if (look.outline or _sharp_shadow(look)) and (len(spots) > 1 or pose.wave):
        inks += [_edge_ink(look, pose, sheet), _letter_ink(look, pose, sheet, bare=True)]
    else:
        inks.append(_letter_ink(look, pose, sheet))
    return texts + [text for ink in inks for spot in spots for text in _line(block, pose, ink, spot)]


def escape(text: str) -> str:
    """Write a piece of a line so that libass draws it as it stands.

    libass knows backslash with N, n or h, and braces; an invisible joiner takes a backslash's meaning away, also from
    the brace of whatever follows the piece.
    """
    out = []
    for index, char in enumerate(text):
        if char in "{}":
            out.append("\\" + char)
        elif char == "\\" and (index + 1 == len(text) or text[index + 1] in "Nnh"):
            out.append("\\" + _JOINER)
        else:
            out.append(char)
    return "".join(out)


def _visible_lines(block: Block, pose: Pose, height: int) -> list[_Spot]:
    """Lines that may touch the frame."""
    look = block.look
    far = pose.scale * (2 * look.size + look.outline_width + abs(look.shadow_y) + 3 * look.shadow_blur + _swing(pose))
    found = []
    letter = sung = 0
    for index, line in enumerate(block.lines):
        _, y = _moved(block, pose, 0, _bottom(block, index, line))
        if line.letters and -far < y < height + far:
            found.append(_Spot(index, letter, sung))
        letter += line.letters
        sung += sum(not char.isspace() for run in line.runs for char in run.text)
    return found


def _swing(pose: Pose) -> float:
    return max((abs(y) for _, y in pose.wave), default=0.0)


def _line(block: Block, pose: Pose, ink: _Ink, spot: _Spot) -> list[str]:
    """Return the events of a line: one, or one for each phase of a wave."""
    line = block.lines[spot.index]
    if not pose.wave:
        return [_place(block, spot.index, pose, ink, (0.0, 0.0)) + _letters(line, pose, ink, spot, None)]
    return [
        _place(block, spot.index, pose, ink, swing) + _letters(line, pose, ink, spot, phase)
        for phase, swing in enumerate(pose.wave[: line.letters])
    ]


def _letters(line: Line, pose: Pose, ink: _Ink, spot: _Spot, phase: int | None) -> str:
    """Escape the text of a line, with the face named before each run, and tags where letters begin to differ."""
    if pose.letters is None and pose.lit is None and phase is None:
        runs = "".join(f"{{\\fn{run.face.name}}}{escape(run.text)}" for run in line.runs)
        return f"{{{ink.shown}}}{runs}" if pose.opacity < 1 or ink.always else runs
    parts = []
    state, number, sung = "", 0, spot.sung
    for run in line.runs:
        parts.append(f"{{\\fn{run.face.name}}}")
        piece = ""
        for cluster in clusters(run.text):
            wanted = ink.shown
            if (pose.letters is not None and spot.letter + number >= pose.letters) or (
                phase is not None and number % PHASES != phase
            ):
                wanted = _HIDDEN
            elif pose.lit is not None and pose.lit[0] <= sung < pose.lit[1]:
                wanted = ink.lit
            if wanted != state:
                parts += [escape(piece), f"{{{wanted}}}"]
                piece, state = "", wanted
            piece += cluster
            number += 1
            sung += sum(not char.isspace() for char in cluster)
        parts.append(escape(piece))
    return "".join(parts)


def _sharp_shadow(look: Look) -> Paint | None:
    return look.shadow if look.shadow_blur == 0 else None


def _letter_ink(look: Look, pose: Pose, sheet: Sheet, *, bare: bool = False) -> _Ink:
    """Letters, with their outline and their sharp shadow unless `bare`."""
    sharp = None if bare else _sharp_shadow(look)
    tags = _scaled(look, pose, sheet) + ("" if sharp is None else _offset(look, pose.scale))
    edges = _alpha(3, look.outline or look.color, pose) + _alpha(4, sharp or look.color, pose)
    if bare:
        edges = "\\3a&HFF&\\4a&HFF&"
    shown, lit = (f"\\1c{_bgr(paint)}{_alpha(1, paint, pose)}{edges}" for paint in (look.color, look.highlight))
    return _Ink(tags, shown, lit, always=bare)


def _edge_ink(look: Look, pose: Pose, sheet: Sheet) -> _Ink:
    """Outline and sharp shadow of letters that are drawn later, over those of all lines.

    libass fills the outline under opaque letters, and under others leaves it hollow; letters that are wholly
    transparent cast a hollow shadow, so these are one step from it.
    """
    sharp, outline = _sharp_shadow(look), look.outline
    tags = _scaled(look, pose, sheet) + ("" if sharp is None else _offset(look, pose.scale))
    edges = _alpha(3, outline or look.color, pose) + _alpha(4, sharp or look.color, pose)
    filled = outline is not None and min(outline.alpha, look.color.alpha, 255 * pose.opacity) == 255
    inside = f"\\1c{_bgr(outline)}\\1a&H00&" if outline is not None and filled else "\\1a&HFE&"
    return _Ink(tags, inside + edges, inside + edges, always=True)


def _shadow_ink(look: Look, shadow: Paint, pose: Pose, sheet: Sheet) -> _Ink:
    """Text of which only the shadow shows: a blur would blur the letters' own outline too.

    Letters that are wholly transparent cast a hollow shadow, so theirs is one step from it.
    """
    shown = f"\\1a&HFE&\\3a&HFF&{_alpha(4, shadow, pose)}"
    tags = (
        f"{_scaled(look, pose, sheet)}\\1c{_bgr(shadow)}\\4c{_bgr(shadow)}{shown}"
        f"\\blur{_number(look.shadow_blur * pose.scale * sheet.blur)}{_offset(look, pose.scale)}"
    )
    return _Ink(tags, shown, shown)


def _scaled(look: Look, pose: Pose, sheet: Sheet) -> str:
    """Tags of a size other than the style's."""
    if pose.scale == 1 and sheet.narrow == 1 and look.outline_width <= sheet.widest:
        return ""
    across, up = _number(100 * pose.scale * sheet.narrow), _number(100 * pose.scale)
    return f"\\fscx{across}\\fscy{up}\\bord{_number(min(look.outline_width * pose.scale, sheet.widest))}"


def _offset(look: Look, scale: float) -> str:
    """Tags of a shadow's offset; at (0, 0) libass draws none."""
    x = look.shadow_x if look.shadow_x or look.shadow_y else _NEAR_ZERO
    return f"\\xshad{_number(x * scale)}\\yshad{_number(look.shadow_y * scale)}"


def _place(block: Block, index: int, pose: Pose, ink: _Ink, swing: tuple[float, float]) -> str:
    """Tags that put a line where it belongs, by its bottom edge."""
    look = block.look
    inner = block.width - 2 * look.padding
    x = block.left + look.padding + inner * {"left": 0.0, "center": 0.5, "right": 1.0}[look.justify]
    y = _bottom(block, index, block.lines[index])
    at = _moved(block, pose, x + swing[0], y + swing[1])
    # Weights are for tags alone: a style knows bold and not bold.
    return f"{{\\an{_ALIGNMENT[look.justify]}\\pos({_number(at[0])},{_number(at[1])})\\b{look.weight}{ink.tags}}}"


def _bottom(block: Block, index: int, line: Line) -> float:
    """Bottom edge of a line: that of its deepest face, so that the baseline stays that of the first."""
    look = block.look
    top = block.top + look.padding + look.size + index * look.line
    if not line.runs:
        return top
    return top + max(run.face.descent(look.size) for run in line.runs) - line.runs[0].face.descent(look.size)


def _moved(block: Block, pose: Pose, x: float, y: float) -> tuple[float, float]:
    """Move a point of a block as its pose says."""
    middle_x, middle_y = block.left + block.width / 2, block.top + block.height / 2
    return middle_x + (x - middle_x) * pose.scale + pose.x, middle_y + (y - middle_y) * pose.scale + pose.y


def _box(block: Block, paint: Paint, pose: Pose, size: tuple[int, int]) -> str:
    """Draw a rectangle, its corners rounded, as wide as the block; edges far outside the frame are brought near it."""
    left, top = _moved(block, pose, block.left, block.top)
    right, bottom = _moved(block, pose, block.left + block.width, block.bottom)
    radius = min(block.look.radius * pose.scale, (right - left) / 2, (bottom - top) / 2)
    left, top = max(left, -radius - _BEYOND), max(top, -radius - _BEYOND)
    width = max(0.0, min(right, size[0] + radius + _BEYOND) - left)
    height = max(0.0, min(bottom, size[1] + radius + _BEYOND) - top)
    bend = radius * (1 - _ROUND)
    corners = (
        ((width - radius, 0), (width - bend, 0), (width, bend), (width, radius)),
        ((width, height - radius), (width, height - bend), (width - bend, height), (width - radius, height)),
        ((radius, height), (bend, height), (0, height - bend), (0, height - radius)),
        ((0, radius), (0, bend), (bend, 0), (radius, 0)),
    )
    path = f"m {_points((corners[-1][-1],))}"
    for start, *curve in corners:
        path += f" l {_points((start,))}" + (f" b {_points(curve)}" if radius > 0 else "")
    place = f"\\an7\\pos({_number(left)},{_number(top)})\\bord0\\shad0"
    return f"{{{place}\\1c{_bgr(paint)}{_alpha(1, paint, pose)}\\p4}}{path}"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{round(x * _UNITS)} {round(y * _UNITS)}" for x, y in points)


def _alpha(part: int, paint: Paint, pose: Pose) -> str:
    """Tag of a part's transparency: 1 letters, 3 outline, 4 shadow."""
    return f"\\{part}a&H{255 - round(paint.alpha * pose.opacity):02X}&"


def _bgr(paint: Paint) -> str:
    return f"&H{paint.blue:02X}{paint.green:02X}{paint.red:02X}&"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
