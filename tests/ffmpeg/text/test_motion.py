"""Every animation against its formula, frame by frame, by what is seen: how much, where, how large.

libass puts glyphs on a grid of an eighth of a pixel, and their edges likewise: hence `NEAR`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import pi, sin

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Animation, CubicBezier, Cue, Easing, Position, Style, TitleSource
from sidecar.ffmpeg.builder.text import TitleSpan, bundled_fonts, burn_cues, burn_title, is_moving, title_layer
from tests.ffmpeg.text.drawing import Picture, draw, ground, timeline

SIZE = (320, 180)
MIDDLE = Position(x=0.5, y=0.5)
LETTERS = Style(font_size=40)
NEAR = 0.2
CENTRE = np.array([159.5, 89.5])
OVERSHOOT = CubicBezier(cubic_bezier=(0.3, -0.4, 0.6, 1.5))
EASINGS: list[Easing] = ["linear", "hold", "easeIn", "easeOut", "easeInOut", OVERSHOOT]
CURVES = {"linear": None, "easeIn": (0.42, 0, 1, 1), "easeOut": (0, 0, 0.58, 1), "easeInOut": (0.42, 0, 0.58, 1)}


def eased(easing: Easing, progress: float) -> float:
    """CSS timing by a fine table: x and y of the curve at 200,001 parameters."""
    if progress <= 0 or progress >= 1:
        return min(1.0, max(0.0, progress))
    if easing == "hold":
        return 0.0
    points = easing.cubic_bezier if isinstance(easing, CubicBezier) else CURVES[easing]
    if points is None:
        return progress
    x1, y1, x2, y2 = points
    u = np.linspace(0, 1, 200_001)
    x, y = (3 * (1 - u) ** 2 * u * a + 3 * (1 - u) * u**2 * b + u**3 for a, b in ((x1, x2), (y1, y2)))
    return float(np.interp(progress, x, y))


def frames_of(
    *animations: Animation,
    text: str = "HH",
    style: Style = LETTERS,
    length: int = 25,
    rate: str = "25",
    span: tuple[int, int] | None = None,
) -> Picture:
    """Draw a title in the middle of the frame: (frame, plane, row, column), from a span of its clip."""
    first, end = span or (0, length)
    title = TitleSource(text=text, style=style, position=MIDDLE, animations=list(animations))
    line = timeline(size=SIZE, rate=rate)
    drawn = title_layer(title, TitleSpan(first, end - first, length), line, bundled_fonts())
    found = draw(drawn.stream, drawn.files, size=SIZE)
    assert len(found) == end - first
    return found


@cache
def at_rest(text: str = "HH", style: Style = LETTERS) -> Picture:
    frame: Picture = frames_of(text=text, style=style, length=1)[0]
    return frame


def mass(frame: Picture) -> float:
    """How much is drawn: the sum of alpha."""
    return float(frame[3].sum(dtype=np.float64))


def middle(frame: Picture) -> NDArray[np.float64]:
    """Centre of mass, x and y."""
    alpha = frame[3].astype(np.float64)
    rows, columns = np.mgrid[: alpha.shape[0], : alpha.shape[1]]
    return np.array([np.average(columns, weights=alpha), np.average(rows, weights=alpha)])


def progress(frame: int, begin: float, duration: float, rate: float = 25) -> float:
    return (frame / rate - begin) / duration


@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("kind", ["fadeIn", "fadeOut"])
def test_a_fade_has_the_eased_opacity_at_every_frame(kind: str, easing: Easing) -> None:
    fade = Animation(type=kind, duration=0.6, delay=0.12, easing=easing)  # type: ignore[arg-type]
    found = frames_of(fade)
    whole = mass(at_rest())
    for frame, picture in enumerate(found):
        if kind == "fadeIn":
            expected = eased(easing, progress(frame, 0.12, 0.6))
        else:
            expected = 1 - eased(easing, progress(frame, 1 - 0.12 - 0.6, 0.6))
        assert mass(picture) / whole == pytest.approx(min(1, max(0, expected)), abs=0.006), frame


@pytest.mark.parametrize("rate", ["24000/1001", "30", "60000/1001", "120", "240"])
def test_a_frame_shows_the_value_of_its_own_time_at_every_rate(rate: str) -> None:
    exact = float(Fraction(rate))
    found = frames_of(Animation(type="fadeIn", duration=0.2, easing="linear"), length=80, rate=rate)
    whole = mass(at_rest())
    shown = [mass(picture) / whole for picture in found]

    expected = [min(1.0, progress(frame, 0, 0.2, exact)) for frame in range(80)]
    assert shown == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("direction", "axis", "sign"), [("left", 0, -1), ("right", 0, 1), ("top", 1, -1), ("bottom", 1, 1)]
)
@pytest.mark.parametrize("easing", ["linear", OVERSHOOT])
def test_a_slide_comes_from_outside_the_edge_and_goes_straight(
    direction: str, axis: int, sign: int, easing: Easing
) -> None:
    slide = Animation(type="slideIn", duration=1, easing=easing, direction=direction)  # type: ignore[arg-type]
    found = frames_of(slide, length=26)
    rest = middle(at_rest())
    inside = [
        frame for frame, picture in enumerate(found) if abs(mass(picture) - mass(at_rest())) < 0.002 * mass(at_rest())
    ]
    away = {frame: middle(found[frame]) - rest for frame in inside}
    ways = {frame: 1 - eased(easing, progress(frame, 0, 1)) for frame in inside}
    reach = max((away[frame][axis] / ways[frame] for frame in inside if abs(ways[frame]) > 0.2), key=abs)

    assert len(inside) >= 8
    assert mass(found[0]) == 0
    assert reach * sign > (SIZE[axis] + (40 if axis else 50)) / 2
    for frame in inside:
        assert away[frame][axis] == pytest.approx(ways[frame] * reach, abs=2 * NEAR), frame
        assert away[frame][1 - axis] == pytest.approx(0, abs=NEAR)


def test_a_slide_out_ends_outside_before_the_delay() -> None:
    style = Style(font_size=40, outline_width=6, shadow_color="#FF0000", shadow_x=-30, shadow_y=30, shadow_blur=8)
    found = frames_of(Animation(type="slideOut", duration=0.4, delay=0.2, direction="right"), style=style)

    assert np.array_equal(found[9], at_rest(style=style))
    assert not np.array_equal(found[11], found[10])
    assert mass(found[14]) > 0
    assert [mass(picture) for picture in found[20:]] == [0] * 5


@pytest.mark.parametrize("kind", ["scaleIn", "scaleOut"])
@pytest.mark.parametrize("easing", ["linear", "easeIn", OVERSHOOT])
def test_a_scale_grows_about_the_middle(kind: str, easing: Easing) -> None:
    style = Style(font_size=40, outline_width=4, background_color="#0000FF", padding=10)
    scale = Animation(type=kind, duration=1, easing=easing)  # type: ignore[arg-type]
    found = frames_of(scale, style=style, text="HOH\nHOH")
    rest = at_rest(style=style, text="HOH\nHOH")
    for frame, picture in enumerate(found):
        way = eased(easing, progress(frame, 0, 1))
        size = max(0.0, way if kind == "scaleIn" else 1 - way)
        assert np.sqrt(mass(picture) / mass(rest)) == pytest.approx(size, abs=0.012), frame
        if size > 0.2:
            white, at = picture[[0, 0, 0, 0]], rest[[0, 0, 0, 0]]
            assert np.sqrt(mass(white) / mass(at)) == pytest.approx(size, abs=0.02), frame
            assert middle(picture) == pytest.approx(middle(rest), abs=NEAR), frame
            point = CENTRE + (middle(at) - CENTRE) * size
            assert middle(white) == pytest.approx(point, abs=NEAR), frame


@pytest.mark.parametrize("easing", ["linear", "easeIn", "hold"])
def test_a_typewriter_shows_one_more_letter_after_the_other_where_it_will_stand(easing: Easing) -> None:
    found = frames_of(Animation(type="typewriter", duration=0.8, delay=0.08, easing=easing), text="HHHH\nHHHH")
    rest = at_rest("HHHH\nHHHH")
    for frame, picture in enumerate(found):
        shown = int(eased(easing, progress(frame, 0.08, 0.8)) * 8 + 1e-9)
        assert mass(picture) / mass(rest) == pytest.approx(shown / 8, abs=0.001), frame
        seen = picture[3] > 0
        assert np.array_equal(picture[3][seen], rest[3][seen])


def test_a_typewriter_types_what_a_reader_takes_for_one_letter() -> None:
    text = "e\u0301a\u0302o"
    found = frames_of(Animation(type="typewriter", duration=1, easing="linear"), text=text, length=25)
    widths = {int(picture[3].any(axis=0).sum()) for picture in found}

    assert len(widths) == 3
    for picture in found:
        pieces = np.flatnonzero(np.diff(np.pad(picture[3].any(axis=0), 1).astype(int)) == 1)
        assert len(pieces) <= 3


def letters_apart(frame: Picture, count: int) -> list[NDArray[np.float64]]:
    """Centre of each letter, in a line of letters that stand apart."""
    columns = np.pad(frame[3].any(axis=0), 1).astype(int)
    starts, ends = np.flatnonzero(np.diff(columns) == 1), np.flatnonzero(np.diff(columns) == -1)
    assert len(starts) == count
    found = []
    for start, end in zip(starts, ends, strict=True):
        part = np.zeros_like(frame)
        part[:, :, start:end] = frame[:, :, start:end]
        found.append(middle(part))
    return found


@pytest.mark.parametrize(("direction", "axis", "sign"), [("bottom", 1, -1), ("top", 1, 1), ("right", 0, -1)])
@pytest.mark.parametrize("easing", ["linear", "easeInOut"])
def test_a_wave_runs_through_the_letters(direction: str, axis: int, sign: int, easing: Easing) -> None:
    text, style = "HHHHHHHHHH", Style(font_size=24, letter_spacing=12)
    wave = Animation(
        type="wave",
        duration=0.8,
        delay=0.1,
        easing=easing,
        direction=direction,  # type: ignore[arg-type]
        parameters={"period": 0.5},
    )
    rest = letters_apart(at_rest(text, style), 10)
    for frame, picture in enumerate(frames_of(wave, text=text, style=style)):
        seconds = frame / 25 - 0.1
        for number, (moved, still) in enumerate(zip(letters_apart(picture, 10), rest, strict=True)):
            swing = 0.0
            if 0 <= seconds < 0.8:
                swing = 0.2 * 24 * sin(2 * pi * (eased(easing, seconds / 0.5 % 1) - number / 8))
            expected = [0.0, 0.0]
            expected[axis] = sign * swing
            assert moved - still == pytest.approx(expected, abs=NEAR), (frame, number)


@pytest.mark.parametrize(("direction", "axis", "sign"), [("bottom", 1, -1), ("left", 0, 1)])
def test_a_bounce_is_a_throw_in_every_period(direction: str, axis: int, sign: int) -> None:
    bounce = Animation(type="bounce", duration=None, easing="linear", direction=direction, parameters={"period": 0.4})  # type: ignore[arg-type]
    rest = middle(at_rest())
    for frame, picture in enumerate(frames_of(bounce)):
        phase = frame / 25 / 0.4 % 1
        expected = [0.0, 0.0]
        expected[axis] = sign * 20 * 4 * phase * (1 - phase)
        assert middle(picture) - rest == pytest.approx(expected, abs=NEAR), frame


def test_shaking_text_goes_from_place_to_place_within_its_reach_the_same_every_time() -> None:
    shake = Animation(type="shake", duration=0.8, easing="linear")
    found = frames_of(shake, rate="100", length=100)
    away = np.array([middle(picture) - middle(at_rest()) for picture in found])

    assert np.abs(away).max() <= 0.08 * 40 + NEAR
    assert np.ptp(away[:80], axis=0).min() > 0.08 * 40 * 0.8
    assert np.abs(away[80:]).max() < 0.01
    # between two places, a tenth of the period apart, it goes straight
    bends = np.abs(np.diff(away[:80], n=2, axis=0)).max(axis=1)
    corners = [frame + 1 for frame in range(78) if (frame + 1) % 10 == 0]
    assert bends[[frame for frame in range(78) if frame + 1 not in corners]].max() < 3 * NEAR
    assert np.array_equal(frames_of(shake, rate="100", length=100, span=(30, 60)), found[30:60])


def test_blinking_text_is_gone_in_the_second_half_of_every_period() -> None:
    blink = Animation(type="blink", duration=0.8, delay=0.2, easing="linear", parameters={"period": 0.32})
    shown = [mass(picture) > 0 for picture in frames_of(blink, length=50)]

    assert shown == [not (5 <= frame < 25 and (frame - 5) / 8 % 1 >= 0.5) for frame in range(50)]


@pytest.mark.parametrize("easing", ["linear", "easeOut"])
def test_pulsing_text_swells_by_a_tenth(easing: Easing) -> None:
    pulse = Animation(type="pulse", duration=None, easing=easing, parameters={"period": 0.8})
    rest = at_rest()
    for frame, picture in enumerate(frames_of(pulse)):
        size = 1 + 0.1 * sin(pi * eased(easing, frame / 25 / 0.8 % 1)) ** 2
        assert np.sqrt(mass(picture) / mass(rest)) == pytest.approx(size, abs=0.3 / 22), frame


def test_several_animations_act_at_once() -> None:
    fade = Animation(type="fadeIn", duration=1, easing="linear")
    bounce = Animation(type="bounce", duration=None, easing="linear", parameters={"period": 0.8})
    scale = Animation(type="scaleOut", duration=0.4, easing="linear")
    both = frames_of(fade, bounce)
    rest = at_rest()
    for frame, picture in enumerate(both[1:], start=1):
        phase = frame / 25 / 0.8 % 1
        assert mass(picture) / mass(rest) == pytest.approx(frame / 25, abs=0.006)
        assert middle(picture)[1] - middle(rest)[1] == pytest.approx(-80 * phase * (1 - phase), abs=0.15)
    three = frames_of(fade, bounce, scale)
    assert mass(three[20]) / mass(both[20]) == pytest.approx(0.5**2, abs=0.02)


def test_a_duration_of_null_runs_to_the_end_and_one_of_zero_is_a_cut() -> None:
    slow = frames_of(Animation(type="fadeIn", duration=None, easing="linear", delay=0.2))
    out = frames_of(Animation(type="fadeOut", duration=None, easing="linear", delay=0.2))
    cut = frames_of(Animation(type="fadeIn", duration=0, delay=0.2))
    whole = mass(at_rest())

    assert [mass(picture) / whole for picture in slow] == pytest.approx(
        [max(0, (frame / 25 - 0.2) / 0.8) for frame in range(25)], abs=0.006
    )
    assert [mass(picture) / whole for picture in out] == pytest.approx(
        [max(0, 1 - frame / 25 / 0.8) for frame in range(25)], abs=0.006
    )
    assert [mass(picture) / whole for picture in cut] == [0.0] * 5 + [1.0] * 20


def test_in_the_handles_of_a_transition_text_stands_as_it_enters_and_leaves() -> None:
    fade = (Animation(type="fadeIn", duration=0.2), Animation(type="slideOut", duration=0.2))
    found = frames_of(*fade, span=(-3, 28))

    assert [mass(picture) for picture in found[:4]] == [0] * 4
    assert [mass(picture) for picture in found[28:]] == [0] * 3
    assert np.array_equal(found[13], at_rest())


MOVES = [
    Animation(type="fadeIn", duration=0.5),
    Animation(type="slideOut", duration=0.5, direction="left"),
    Animation(type="typewriter", duration=1),
    Animation(type="wave", duration=None),
    Animation(type="shake", duration=None),
    Animation(type="pulse", duration=None),
]


@pytest.mark.parametrize("rate", ["25", "30000/1001", "60", "120"])
def test_a_piece_of_a_title_equals_that_piece_of_the_whole(rate: str) -> None:
    style = Style(font_size=30, outline_width=2, shadow_color="#0000FF", shadow_blur=3, background_color="#00FF00")
    whole = frames_of(*MOVES, text="Local\ntext", style=style, rate=rate, length=60)
    for span in ((0, 20), (7, 33), (59, 60), (-2, 5)):
        piece = frames_of(*MOVES, text="Local\ntext", style=style, rate=rate, length=60, span=span)
        inside = max(0, span[0])
        assert np.array_equal(piece[inside - span[0] :], whole[inside : span[1]]), span


def test_a_piece_of_the_cues_equals_that_piece_of_the_whole() -> None:
    style = Style(font_size=30, shadow_color="#0000FF", shadow_blur=3)
    cues = [
        Cue(start=0.1, end=1.5, text="First", animations=MOVES[:3], style=style),
        Cue(start=0.71, end=2, text="Second", animations=MOVES[3:], style=Style(shadow_blur=150)),
    ]
    line = timeline(cues=cues, size=SIZE)

    def burned(first: int, end: int) -> Picture:
        drawn = burn_cues(ground("0x204060", end - first, line.rate, SIZE), line, (first, end), bundled_fonts())
        return draw(drawn.stream, drawn.files, planes=3, size=SIZE)

    whole = burned(0, 55)
    for first, end in ((0, 30), (20, 50), (5, 12), (50, 55)):
        assert np.array_equal(burned(first, end), whole[first:end])


def test_a_cue_moves_by_its_own_times() -> None:
    fade = Animation(type="fadeIn", duration=0.4, easing="linear")
    out = Animation(type="fadeOut", duration=0.2, easing="linear")
    line = timeline(cues=[Cue(start=0.31, end=1.39, text="HH", animations=[fade, out], style=LETTERS)], size=SIZE)
    drawn = burn_cues(ground("black", 40, line.rate, SIZE), line, (0, 40), bundled_fonts())
    found = [float(frame[0].sum(dtype=np.float64)) for frame in draw(drawn.stream, drawn.files, planes=3, size=SIZE)]

    def opacity(time: float) -> float:
        if not 0.31 <= time < 1.39:
            return 0.0
        return min(1.0, (time - 0.31) / 0.4, (1.39 - time) / 0.2)

    assert np.array(found) / max(found) == pytest.approx([opacity(frame / 25) for frame in range(40)], abs=0.006)


@pytest.mark.parametrize(("rate", "frame"), [("25", 803), ("30", 111), ("50", 803), ("60", 111), ("100", 803)])
def test_a_frame_whose_time_falls_short_of_a_whole_number_in_doubles_shows_its_own_value(rate: str, frame: int) -> None:
    time = frame / Fraction(rate)
    cue = Cue(start=f"{time.numerator}/{time.denominator}", end=100, text="HH", style=LETTERS)
    line = timeline(cues=[cue], size=SIZE, rate=rate)
    drawn = burn_cues(ground("black", frame + 2, line.rate, SIZE), line, (0, frame + 2), bundled_fonts())
    shown = draw(drawn.stream, drawn.files, planes=3, size=SIZE).any(axis=(1, 2, 3))

    assert np.flatnonzero(shown).tolist() == [frame, frame + 1]


def test_only_what_is_animated_moves() -> None:
    assert not is_moving(TitleSource(text="a"))
    assert is_moving(TitleSource(text="a", animations=[Animation(type="blink")]))


def test_opacities_fade_plain_letters_like_the_mean_of_with_and_without() -> None:
    line = timeline(size=SIZE)
    base = ground("0x204060", 4, line.rate, SIZE)
    title = TitleSource(text="Hello", style=LETTERS, position=MIDDLE)
    span, weights = TitleSpan(2, 4, 9), (0.0, 0.3, 0.75, 1.0)
    plain, faded = (
        draw(drawn.stream, drawn.files, planes=3, size=SIZE).astype(float)
        for drawn in (
            burn_title(base, title, span, line, bundled_fonts()),
            burn_title(base, title, span, line, bundled_fonts(), opacities=weights),
        )
    )
    empty = draw(base, (), planes=3, size=SIZE).astype(float)
    for frame, weight in enumerate(weights):
        assert np.abs(faded[frame] - weight * plain[frame] - (1 - weight) * empty[frame]).max() < 1.5
