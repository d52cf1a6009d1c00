"""Named styles of text: what `preset` may say (docs/project.md §7).

Lengths are for a frame of 1080 lines; they scale with the height of the project.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.text import Style

REFERENCE_HEIGHT = 1080
HIGHLIGHT = "#FFD400"
"""Colour of the word that is being sung or spoken, unless the preset has its own."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named style; `highlight` is the colour of the word of a cue that is being sung or spoken."""

    name: str
    title: str
    description: str
    style: Style
    highlight: str = HIGHLIGHT


_ALL = (
    Preset("default", "Default", "White letters with a thin soft shadow.", Style(shadow_color="#000000B0", shadow_x=3)),
    Preset("plain", "Plain", "White letters and nothing else: the style of text that names none.", Style()),
    Preset(
        "outline",
        "Outline",
        "White letters in a black outline, readable on any picture.",
        Style(font_weight=500, outline_color="#000000", outline_width=4),
    ),
    Preset(
        "box",
        "Box",
        "White letters on a dark, half transparent box.",
        Style(background_color="#000000", background_opacity=0.6, padding=14, border_radius=8),
    ),
    Preset(
        "bold-box",
        "Bold box",
        "Heavy black letters on a yellow box.",
        Style(font_weight=900, color="#111111", background_color="#FFD400", padding=18, border_radius=4),
        highlight="#C01010",
    ),
    Preset(
        "caption",
        "Caption",
        "Subtitles of films: pale yellow, thin outline, two thirds of the width.",
        Style(font_size=50, color="#FFF4B0", outline_color="#000000", outline_width=3, max_width=0.66),
        highlight="#FFFFFF",
    ),
    Preset(
        "lower-third",
        "Lower third",
        "White letters on a blue box, aligned to the left.",
        Style(
            font_size=56,
            font_weight=700,
            background_color="#14477A",
            background_opacity=0.9,
            padding=20,
            align="left",
        ),
    ),
    Preset(
        "headline",
        "Headline",
        "Large black-weight letters with a deep shadow.",
        Style(font_size=120, font_weight=900, line_height=1.05, shadow_color="#00000090", shadow_x=5, shadow_y=6),
    ),
    Preset(
        "neon",
        "Neon",
        "White letters with a wide magenta glow.",
        Style(
            font_size=90,
            font_weight=500,
            outline_color="#FF38D0",
            outline_width=3,
            shadow_color="#FF00C8",
            shadow_x=0,
            shadow_y=0,
            shadow_blur=16,
        ),
        highlight="#7CF9FF",
    ),
    Preset(
        "typewriter",
        "Typewriter",
        "Dark letters set wide on a sheet of paper, aligned to the left.",
        Style(
            font_size=48,
            color="#202020",
            background_color="#F4EFE0",
            padding=24,
            letter_spacing=4,
            line_height=1.3,
            align="left",
        ),
        highlight="#B00020",
    ),
    Preset(
        "subtle",
        "Subtle",
        "Small, light, slightly transparent letters.",
        Style(font_size=38, font_weight=300, opacity=0.8, letter_spacing=1),
    ),
    Preset(
        "karaoke",
        "Karaoke",
        "Large white letters in a dark blue outline; the word being sung turns to gold.",
        Style(font_size=76, font_weight=700, outline_color="#0A1E5A", outline_width=5),
        highlight="#FFC107",
    ),
    Preset(
        "elegant",
        "Elegant",
        "Thin italic letters, set wide.",
        Style(font_size=64, font_weight=300, italic=True, letter_spacing=5, shadow_color="#00000080", shadow_x=2),
    ),
)

PRESETS = {preset.name: preset for preset in _ALL}
"""Preset by name."""
