"""What the builders are given beside the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sidecar.ffmpeg.builder.catalogue import Catalogue
from sidecar.ffmpeg.builder.text import FontSet


@dataclass(frozen=True, slots=True)
class Resources:
    """Fonts, the kinds of effects and transitions, and what analyses found, by the pointer of their effect.

    `analysis_keys` are the keys of what analyses find, by the same pointers: what is asked, and of which pictures.
    `contents` are those of the files that effects name (LUTs), by the path as it is written.
    """

    fonts: FontSet
    catalogue: Catalogue = field(default_factory=Catalogue)
    analyses: Mapping[str, bytes] = field(default_factory=dict)
    analysis_keys: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
