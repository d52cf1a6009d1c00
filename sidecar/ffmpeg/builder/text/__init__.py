"""Titles, graphics and cues: fonts, measuring, motion, ASS scripts, and the filters that draw them."""

from sidecar.ffmpeg.builder.text.acts import TextSource, TitleSpan, fades_as_one, is_moving
from sidecar.ffmpeg.builder.text.fontset import FONT_ENVIRONMENT, FONT_FILES, FontSet, bundled_fonts
from sidecar.ffmpeg.builder.text.layer import (
    Drawn,
    burn_cues,
    burn_title,
    cue_layer,
    cue_script,
    title_layer,
    title_script,
)

__all__ = [
    "FONT_ENVIRONMENT",
    "FONT_FILES",
    "Drawn",
    "FontSet",
    "TextSource",
    "TitleSpan",
    "bundled_fonts",
    "burn_cues",
    "burn_title",
    "cue_layer",
    "cue_script",
    "fades_as_one",
    "is_moving",
    "title_layer",
    "title_script",
]
