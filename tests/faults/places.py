"""Planted faults of place: crop, fit, transform, layouts."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

from tests.faults.changing import CORE, PICTURE
from tests.faults.planting import Fault, called, constant, result

PLACES = (
    Fault(
        "crop from the wrong side",
        "left and right exchanged",
        f"{PICTURE}.geometry:cropped",
        called(lambda cropped, source, crop: cropped(source, (crop[2], crop[1], crop[0], crop[3]))),
        "places",
    ),
    Fault(
        "cover is contain",
        "the smaller of the two factors",
        f"{PICTURE}.geometry:fitted",
        called(lambda fitted, frame, region, fit: fitted(frame, region, "contain" if fit == "cover" else fit)),
        "places",
    ),
    Fault(
        "stretch keeps the aspect",
        "stretch taken for contain",
        f"{PICTURE}.geometry:fitted",
        called(lambda fitted, frame, region, fit: fitted(frame, region, "contain" if fit == "stretch" else fit)),
        "shapes",
    ),
    Fault(
        "turned the wrong way",
        "counter-clockwise",
        f"{PICTURE}.geometry:turning",
        constant(lambda degrees: (cos(radians(-degrees)), sin(radians(-degrees)))),
        "places",
    ),
    Fault(
        "wrong anchor",
        "about the middle, whatever the anchor",
        f"{PICTURE}.geometry:matrix_of",
        called(
            lambda matrix, frame, kept, size, pose: matrix(frame, kept, size, replace(pose, anchor_x=0.5, anchor_y=0.5))
        ),
        "places",
    ),
    Fault(
        "half a pixel missing",
        "pixels placed by their corners",
        f"{PICTURE}.geometry:matrix_of",
        result(lambda affine, *_: replace(affine, e=affine.e + 0.5)),
        "places",
    ),
    Fault(
        "mirror ignored",
        "a negative scale taken for a positive",
        f"{PICTURE}.geometry:matrix_of",
        called(
            lambda matrix, frame, kept, size, pose: matrix(frame, kept, size, replace(pose, scale_x=abs(pose.scale_x)))
        ),
        "shapes",
    ),
    Fault(
        "display matrix ignored", "no turn", f"{PICTURE}.orient:turned", constant(lambda stream, _: stream), "places"
    ),
    Fault(
        "mirrored file",
        "the flip of the display matrix ignored",
        f"{PICTURE}.orient:upright",
        called(lambda upright, stream, video: upright(stream, replace(video, mirrored=False))),
        "shapes",
    ),
    Fault(
        "pixels are square",
        "pixel aspect ignored",
        "sidecar.core.source:SourceVideo.upright",
        constant(property(lambda video: (video.width, video.height))),
        "shapes",
    ),
    Fault(
        "gap ignored",
        "cells touch",
        f"{CORE}.layouts:_edges",
        called(lambda edges, start, length, inset, canvas: edges(start, length, 0, canvas)),
        "cells",
    ),
)
