"""Titles and cues: fonts, measuring, ASS scripts, and the filters that draw them."""

from sidecar.ffmpeg.builder.text.fontset import FONT_ENVIRONMENT, FONT_FILES, FontSet, bundled_fonts
from sidecar.ffmpeg.builder.text.layer import Drawn, burn_cues, cue_layer, cue_script, title_layer, title_script

__all__ = [
    "FONT_ENVIRONMENT",
    "FONT_FILES",
    "Drawn",
    "FontSet",
    "bundled_fonts",
    "burn_cues",
    "cue_layer",
    "cue_script",
    "title_layer",
    "title_script",
]
