"""Every named transition of FFmpeg's xfade, under its name: what each looks like, and how it has to be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sidecar.effects.transitions.crossfade import NoParameters, Run, crossfaded
from sidecar.effects.transitions.russian import RUSSIAN
from sidecar.ffmpeg.builder.catalogue import PictureScene, TransitionKind
from sidecar.ffmpeg.builder.graph import Stream

Category = Literal["fade", "wipe", "slide", "cover", "reveal", "shape", "slice", "wind", "squeeze", "distort"]
Way = Literal["pick", "mix", "blur", "apart"]
"""How a transition makes pixels: it picks those of a side; mixes both; blurs them by running sums; or mixes every
component by itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is said of a transition."""

    category: Category
    title: str
    description: str
    way: Way = "pick"


COARSE = frozenset(
    [
        "dissolve",
        "pixelize",
        "zoomin",
        "rectcrop",
        "hlslice",
        "hrslice",
        "vuslice",
        "vdslice",
        "hlwind",
        "hrwind",
        "vuwind",
        "vdwind",
    ]
)
"""Transitions of single pixels, lines or few steps: in a smaller picture they would look otherwise."""

LOOKS: dict[str, Look] = {
    "fade": Look("fade", "Fade", "Mixes the two pictures.", "mix"),
    "fadeblack": Look("fade", "Fade through black", "Sinks into black and rises from it.", "mix"),
    "fadewhite": Look("fade", "Fade through white", "Sinks into white and rises from it.", "mix"),
    "fadegrays": Look("fade", "Fade through greys", "Loses its colours, fades, and gains the new ones.", "mix"),
    "fadefast": Look("fade", "Fast fade", "Fades sooner where the pictures differ more.", "apart"),
    "fadeslow": Look("fade", "Slow fade", "Fades later where the pictures differ more.", "apart"),
    "distance": Look("fade", "Distance", "Pixels that differ most change first, the rest fades.", "mix"),
    "dissolve": Look("fade", "Dissolve", "Pixel by pixel, in no order that the eye could follow."),
    "wipeleft": Look("wipe", "Wipe left", "An edge runs to the left."),
    "wiperight": Look("wipe", "Wipe right", "An edge runs to the right."),
    "wipeup": Look("wipe", "Wipe up", "An edge runs upwards."),
    "wipedown": Look("wipe", "Wipe down", "An edge runs downwards."),
    "wipetl": Look("wipe", "Wipe to top left", "The old picture shrinks into the left top corner, cut."),
    "wipetr": Look("wipe", "Wipe to top right", "The old picture shrinks into the right top corner, cut."),
    "wipebl": Look("wipe", "Wipe to bottom left", "The old picture shrinks into the left bottom corner, cut."),
    "wipebr": Look("wipe", "Wipe to bottom right", "The old picture shrinks into the right bottom corner, cut."),
    "smoothleft": Look("wipe", "Smooth left", "A broad soft edge runs to the left.", "mix"),
    "smoothright": Look("wipe", "Smooth right", "A broad soft edge runs to the right.", "mix"),
    "smoothup": Look("wipe", "Smooth up", "A broad soft edge runs upwards.", "mix"),
    "smoothdown": Look("wipe", "Smooth down", "A broad soft edge runs downwards.", "mix"),
    "diagtl": Look("wipe", "Diagonal to top left", "A soft bent edge runs to the left top corner.", "mix"),
    "diagtr": Look("wipe", "Diagonal to top right", "A soft bent edge runs to the right top corner.", "mix"),
    "diagbl": Look("wipe", "Diagonal to bottom left", "A soft bent edge runs to the left bottom corner.", "mix"),
    "diagbr": Look("wipe", "Diagonal to bottom right", "A soft bent edge runs to the right bottom corner.", "mix"),
    "radial": Look("wipe", "Radial", "A hand goes round clockwise, from the top.", "mix"),
    "slideleft": Look("slide", "Slide left", "The new picture pushes the old one out to the left."),
    "slideright": Look("slide", "Slide right", "The new picture pushes the old one out to the right."),
    "slideup": Look("slide", "Slide up", "The new picture pushes the old one out upwards."),
    "slidedown": Look("slide", "Slide down", "The new picture pushes the old one out downwards."),
    "coverleft": Look("cover", "Cover left", "The new picture slides over the old one, to the left."),
    "coverright": Look("cover", "Cover right", "The new picture slides over the old one, to the right."),
    "coverup": Look("cover", "Cover up", "The new picture slides over the old one, upwards."),
    "coverdown": Look("cover", "Cover down", "The new picture slides over the old one, downwards."),
    "revealleft": Look("reveal", "Reveal left", "The old picture slides off the new one, to the left."),
    "revealright": Look("reveal", "Reveal right", "The old picture slides off the new one, to the right."),
    "revealup": Look("reveal", "Reveal up", "The old picture slides off the new one, upwards."),
    "revealdown": Look("reveal", "Reveal down", "The old picture slides off the new one, downwards."),
    "circleopen": Look("shape", "Circle open", "A soft circle opens on the new picture.", "mix"),
    "circleclose": Look("shape", "Circle close", "A soft circle closes on the old picture.", "mix"),
    "circlecrop": Look("shape", "Circle crop", "A circle closes to black, and opens on the new picture."),
    "rectcrop": Look("shape", "Rectangle crop", "A rectangle closes to black, and opens on the new picture."),
    "vertopen": Look("shape", "Vertical open", "Opens softly from the upright line in the middle.", "mix"),
    "vertclose": Look("shape", "Vertical close", "Closes softly on the upright line in the middle.", "mix"),
    "horzopen": Look("shape", "Horizontal open", "Opens softly from the level line in the middle.", "mix"),
    "horzclose": Look("shape", "Horizontal close", "Closes softly on the level line in the middle.", "mix"),
    "hlslice": Look("slice", "Slices to the left", "Upright slices change, from right to left."),
    "hrslice": Look("slice", "Slices to the right", "Upright slices change, from left to right."),
    "vuslice": Look("slice", "Slices upwards", "Level slices change, from bottom to top."),
    "vdslice": Look("slice", "Slices downwards", "Level slices change, from top to bottom."),
    "hlwind": Look("wind", "Wind to the left", "Lines blow in to the left, each at its own pace.", "mix"),
    "hrwind": Look("wind", "Wind to the right", "Lines blow in to the right, each at its own pace.", "mix"),
    "vuwind": Look("wind", "Wind upwards", "Columns blow in upwards, each at its own pace.", "mix"),
    "vdwind": Look("wind", "Wind downwards", "Columns blow in downwards, each at its own pace.", "mix"),
    "squeezeh": Look("squeeze", "Squeeze flat", "The old picture is squeezed into the level line in the middle."),
    "squeezev": Look("squeeze", "Squeeze narrow", "The old picture is squeezed into the upright line in the middle."),
    "zoomin": Look("distort", "Zoom in", "Zooms into the old picture, then fades to the new one.", "mix"),
    "pixelize": Look("distort", "Pixelize", "Mixes the pictures in squares that grow and shrink.", "mix"),
    "hblur": Look("distort", "Horizontal blur", "Mixes the pictures while they smear sideways.", "blur"),
}


def _kind(name: str, look: Look) -> TransitionKind:
    # Running sums of 16 bits pass what xfade's 32-bit floats hold, and wide dark pictures sparkle.
    bits = {"pick": None, "mix": 16, "apart": 16, "blur": 10}[look.way]

    def build(
        a: Stream, b: Stream, progress: Sequence[float], _parameters: NoParameters, scene: PictureScene
    ) -> Stream:
        run = Run(name, bits, clamp=look.way == "apart", scale_free=name not in COARSE)
        return crossfaded(a, b, progress, scene, run)

    return TransitionKind(name, look.category, look.title, look.description, NoParameters, build, *RUSSIAN[name])


KINDS = tuple(_kind(name, look) for name, look in LOOKS.items())
