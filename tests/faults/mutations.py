"""The planted faults: what goes wrong in engines like this one, each as small as it would be in the code."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import cos, floor, radians, sin
from typing import Any

from tests.faults.planting import EMITTED, Fault, called, constant, result, text

_CORE = "sidecar.core.timeline"
_PICTURE = "sidecar.ffmpeg.builder.picture"
_SOUND = "sidecar.ffmpeg.builder.sound"
_HALF = Fraction(1, 2)


def _swapped(first: int, second: int) -> Any:
    """Exchange two members of a sequence."""

    def change(found: Any, *_: Any, **__: Any) -> Any:
        kept = list(found)
        kept[first], kept[second] = kept[second], kept[first]
        return type(found)(kept)

    return change


def _neutral(name: str, value: float) -> Any:
    """Take a control of colour for neutral."""
    return called(lambda grade, look, *rest: grade(_with(look, name, value), *rest))


def _with(look: Any, name: str, value: float) -> Any:
    return _changed(look, **{name: value})


def _moved(take: Any, video: Any, frames: Fraction | int) -> Any:
    """Take from so many source frames later."""
    return replace(take, start=take.start + frames * take.speed / video.rate) if video.rate else take


TIME = (
    Fault(
        "edit points round down",
        "floor in place of the nearest frame",
        "protocol.time:edit_frame",
        called(lambda _, seconds, rate: floor(seconds * rate)),
        "times",
    ),
    Fault(
        "rates lose their 1001",
        "30000/1001 taken for 30",
        "protocol.time:parse_rate",
        result(lambda rate, *_: Fraction(round(rate))),
        "edges",
    ),
    Fault(
        "one frame late",
        "the frame after the one on screen",
        f"{_CORE}.frames:FrameTimes.index",
        result(lambda index, *_: index + 1),
        "times",
    ),
    Fault(
        "one frame early",
        "the frame before the one on screen",
        f"{_PICTURE}.select:select",
        called(lambda select, stream, facts, video, take: select(stream, facts, video, _moved(take, video, -1))),
        "numbers",
    ),
    Fault(
        "no slack",
        "a strict comparison with rounded timestamps",
        f"{_PICTURE}.select:slack",
        constant(lambda _: Fraction(0)),
        "ticks",
    ),
    Fault(
        "no slack backwards",
        "the same where frames are picked by a table",
        f"{_CORE}.frames:newest",
        constant(lambda _: Fraction(0)),
        "ticks",
    ),
    Fault(
        "nearest frame",
        "the nearest source frame in place of the newest at or before",
        f"{_PICTURE}.select:select",
        called(lambda select, stream, facts, video, take: select(stream, facts, video, _moved(take, video, _HALF))),
        "numbers",
    ),
    Fault(
        "reverse off by one",
        "begins at D/fps in place of (D - 1)/fps",
        f"{_CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + item.speed / rate if item.reverse else at),
        "times",
    ),
    Fault(
        "freeze one late",
        "the frame after sourceStart",
        f"{_CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + 1 / rate if item.frozen else at),
        "times",
    ),
    Fault(
        "ramps are straight",
        "the easing of a time map ignored",
        f"{_CORE}.timemap:ease",
        constant(lambda _, progress: progress),
        "times",
    ),
    Fault(
        "speed ignored",
        "the source runs at its own speed",
        f"{_PICTURE}.select:select",
        called(lambda select, *rest: select(*rest[:-1], replace(rest[-1], speed=Fraction(1)))),
        "times",
    ),
    Fault(
        "handle dropped",
        "a clip stands still in its handles",
        f"{_CORE}.model:Item.unlooped",
        called(lambda unlooped, item, frame, rate: unlooped(item, min(max(frame, item.first), item.end - 1), rate)),
        "crossing",
    ),
    Fault(
        "loop begins late",
        "a looped source brought back by a frame less",
        f"{_CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + 1 / rate if item.looped else at),
        "times",
    ),
    Fault(
        "range start ignored",
        "the export begins with the project",
        f"{_CORE}.model:output_span",
        result(lambda span, *_: replace(span, first=0, end=span.end - span.first)),
        "export",
    ),
)

VALUES = (
    Fault(
        "hold is linear",
        "the easing hold",
        "protocol.project.curves:ease",
        called(lambda ease, easing, progress: ease("linear" if easing == "hold" else easing, progress)),
        "layers",
    ),
    Fault(
        "curves are straight",
        "easeIn and its like taken for linear",
        "protocol.project.curves:ease",
        called(lambda ease, easing, progress: ease(easing if easing == "hold" else "linear", progress)),
        "crossing",
    ),
    Fault(
        "keys one frame late",
        "values taken at the frame before",
        f"{_CORE}.animation:sampled",
        called(lambda sampled, animated, first, frames, rate: sampled(animated, first - 1, frames, rate)),
        "layers",
    ),
    Fault(
        "early fade in",
        "frame k has (k + 1)/F",
        f"{_PICTURE}.opacity:_fade",
        called(
            lambda fade, item, frame: (
                fade(item, frame + 1) if frame - item.first + 1 < item.fade_in else fade(item, frame)
            )
        ),
        "layers",
    ),
    Fault(
        "fade out off by one",
        "the last frame is not yet transparent",
        f"{_PICTURE}.opacity:_fade",
        called(
            lambda fade, item, frame: (
                fade(item, frame - 1) if item.end - 1 - frame < item.fade_out else fade(item, frame)
            )
        ),
        "layers",
    ),
    Fault(
        "opacity squared",
        "opacity applied twice",
        f"{_PICTURE}.opacity:item_opacity",
        result(lambda values, *_: [value * value for value in values]),
        "crossing",
    ),
    Fault(
        "track opacity ignored",
        "tracks always full",
        f"{_PICTURE}.opacity:track_opacity",
        result(lambda values, *_: [1.0] * len(values)),
        "layers",
    ),
    Fault(
        "fades under transitions",
        "a fade applied on an edge with a transition",
        f"{_PICTURE}.opacity:item_opacity",
        called(lambda opacity, item, *rest: opacity(replace(item, fade_out=item.fade_out or 2), *rest)),
        "crossing",
    ),
)

CROSSINGS = (
    Fault(
        "B comes late",
        "progress i/D: the last frame is not all B",
        f"{_PICTURE}.crossings:progress",
        result(lambda values, crossing, span: [value * (crossing.frames - 1) / crossing.frames for value in values]),
        "crossing",
    ),
    Fault(
        "alignment ignored",
        "every transition lies around its cut",
        f"{_CORE}.spans:transition_span",
        called(lambda span, transition, *rest: span(_aligned(transition), *rest)),
        "crossing",
    ),
    Fault(
        "transition one frame late",
        "its span moved",
        f"{_CORE}.spans:transition_span",
        result(lambda span, *_: span and replace(span, first=span.first + 1, end=span.end + 1)),
        "crossing",
    ),
    Fault("wipe from the wrong side", "wipeleft for wiperight", EMITTED, text("wipeleft", "wiperight"), "crossing"),
)


def _aligned(transition: Any) -> Any:
    return _changed(transition, align="center")


PLACES = (
    Fault(
        "crop from the wrong side",
        "left and right exchanged",
        f"{_PICTURE}.geometry:cropped",
        called(lambda cropped, source, crop: cropped(source, (crop[2], crop[1], crop[0], crop[3]))),
        "places",
    ),
    Fault(
        "cover is contain",
        "the smaller of the two factors",
        f"{_PICTURE}.geometry:fitted",
        called(lambda fitted, frame, region, fit: fitted(frame, region, "contain" if fit == "cover" else fit)),
        "places",
    ),
    Fault(
        "stretch keeps the aspect",
        "stretch taken for contain",
        f"{_PICTURE}.geometry:fitted",
        called(lambda fitted, frame, region, fit: fitted(frame, region, "contain" if fit == "stretch" else fit)),
        "shapes",
    ),
    Fault(
        "turned the wrong way",
        "counter-clockwise",
        f"{_PICTURE}.geometry:turning",
        constant(lambda degrees: (cos(radians(-degrees)), sin(radians(-degrees)))),
        "places",
    ),
    Fault(
        "wrong anchor",
        "about the middle, whatever the anchor",
        f"{_PICTURE}.geometry:matrix_of",
        called(
            lambda matrix, frame, kept, size, pose: matrix(frame, kept, size, replace(pose, anchor_x=0.5, anchor_y=0.5))
        ),
        "places",
    ),
    Fault(
        "half a pixel missing",
        "pixels placed by their corners",
        f"{_PICTURE}.geometry:matrix_of",
        result(lambda affine, *_: replace(affine, e=affine.e + 0.5)),
        "places",
    ),
    Fault(
        "mirror ignored",
        "a negative scale taken for a positive",
        f"{_PICTURE}.geometry:matrix_of",
        called(
            lambda matrix, frame, kept, size, pose: matrix(frame, kept, size, replace(pose, scale_x=abs(pose.scale_x)))
        ),
        "shapes",
    ),
    Fault(
        "display matrix ignored", "no turn", f"{_PICTURE}.orient:turned", constant(lambda stream, _: stream), "places"
    ),
    Fault(
        "mirrored file",
        "the flip of the display matrix ignored",
        f"{_PICTURE}.orient:upright",
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
        f"{_CORE}.layouts:_edges",
        called(lambda edges, start, length, inset, canvas: edges(start, length, 0, canvas)),
        "cells",
    ),
)

COLOURS = (
    Fault(
        "matrix of BT.601",
        "a source's matrix ignored",
        EMITTED,
        text("in_color_matrix=bt709|matrixin=709", "in_color_matrix=smpte170m"),
        "colours",
    ),
    Fault(
        "limited for full",
        "full range not told from limited",
        EMITTED,
        text("in_range=full:out_range=full|in_range=full", "in_range=limited:out_range=full"),
        "colours",
    ),
    Fault(
        "players see BT.601",
        "the export's matrix",
        EMITTED,
        text("out_color_matrix=bt709:out_range=limited", "out_color_matrix=smpte170m:out_range=limited"),
        "player",
    ),
    Fault(
        "straight alpha",
        "colour multiplied by alpha once more",
        EMITTED,
        text("unpremultiply=inplace=1", "setparams=alpha_mode=straight"),
        "layers",
    ),
    Fault(
        "background lost",
        "black below everything",
        f"{_PICTURE}.convert:constant",
        called(lambda constant, color, *rest: constant("#000000", *rest)),
        "crossing",
    ),
    Fault(
        "gamma inverted",
        "v^g in place of v^(1/g)",
        f"{_PICTURE}.grade:curve",
        called(lambda curve, look, *rest: curve(_with(look, "gamma", 1 / look.gamma), *rest)),
        "grades",
    ),
    Fault(
        "hue turns the wrong way",
        "its sign",
        f"{_PICTURE}.grade:mixing",
        called(lambda mixing, look: mixing(_with(look, "hue", -look.hue))),
        "grades",
    ),
    Fault(
        "luma of BT.601",
        "saturation by other weights",
        f"{_PICTURE}.grade:_LUMA",
        constant((0.299, 0.587, 0.114)),
        "grades",
    ),
    Fault(
        "temperature upside down",
        "warm is cold",
        f"{_PICTURE}.grade:_balance",
        called(lambda balance, look, plane: balance(_with(look, "temperature", -look.temperature), plane)),
        "grades",
    ),
    Fault("blacks ignored", "a tone range", f"{_PICTURE}.grade:curve", _neutral("blacks", 0.0), "grades"),
    Fault("highlights ignored", "a tone range", f"{_PICTURE}.grade:curve", _neutral("highlights", 0.0), "grades"),
)

LAYERS = (
    Fault(
        "tracks upside down",
        "the first track on top",
        f"{_CORE}.resolve:resolve",
        result(lambda line, *_: replace(line, video=line.video[::-1])),
        "layers",
    ),
    Fault(
        "disabled tracks are seen",
        "enabled ignored",
        f"{_CORE}.resolve:resolve",
        called(lambda resolve, project, sources: resolve(_enabled(project), sources)),
        "layers",
    ),
    Fault(
        "overlay for hardlight",
        "backdrop and source exchanged",
        f"{_PICTURE}.blend:_mode",
        called(lambda mode, backdrop, source, blend: mode(source, backdrop, blend)),
        "blends",
    ),
    Fault(
        "the clip's blend wins",
        "the track's ignored",
        f"{_PICTURE}.plan:Planner._blend",
        called(lambda blend, planner, shown, first: blend(planner, _unblended(shown), first)),
        "blends",
    ),
    Fault(
        "mix ignored",
        "effects always full",
        f"{_PICTURE}.effects:_one",
        called(lambda one, given, acting, strip: one(given, replace(acting, effect=_full(acting.effect)), strip)),
        "effects",
    ),
    Fault(
        "effects without end",
        "their interval ignored",
        f"{_PICTURE}.effects:_interval",
        constant(lambda _, owner, __: (owner.first, owner.end)),
        "effects",
    ),
    Fault(
        "nearest project frame",
        "the export's rate rounds up",
        EMITTED,
        text(r"round=down:start_time=0", "round=near:start_time=0"),
        "export",
    ),
)


def _enabled(project: Any) -> Any:
    return _changed(project, tracks=[_changed(track, enabled=True) for track in project.tracks])


def _changed(struct: Any, **members: Any) -> Any:
    """Copy a struct of the project with other members."""
    return type(struct)(**{**{name: getattr(struct, name) for name in struct.__struct_fields__}, **members})


def _unblended(shown: Any) -> Any:
    track = _changed(shown.lane.track, blend="normal")
    return replace(shown, lane=replace(shown.lane, track=track))


def _full(effect: Any) -> Any:
    return _changed(effect, mix=1.0)


SOUND = (
    Fault(
        "pan swapped",
        "left and right",
        f"{_SOUND}.channels:balance",
        called(lambda balance, pan, channels: balance(-pan, channels)),
        "layouts",
    ),
    Fault(
        "LFE kept",
        "the low channel mixed into stereo",
        f"{_SOUND}.channels:_TO_STEREO",
        lambda table: {**table, "LFE": (0.7071, 0.7071)},
        "layouts",
    ),
    Fault(
        "mono at -3 dB",
        "FFmpeg's own way to stereo",
        f"{_SOUND}.channels:layout_matrix",
        result(
            lambda matrix, _, channels, *__: (
                tuple(tuple(value * 0.7071 for value in row) for row in matrix) if channels == 1 else matrix
            )
        ),
        "layouts",
    ),
    Fault(
        "surround normalised",
        "FFmpeg's own attenuation",
        f"{_SOUND}.channels:layout_matrix",
        result(
            lambda matrix, _, channels, *__: (
                tuple(tuple(value * 0.4142 for value in row) for row in matrix) if channels == 6 else matrix
            )
        ),
        "layouts",
    ),
    Fault(
        "channel map ignored",
        "channels as they come",
        f"{_SOUND}.channels:map_matrix",
        called(lambda mapped, wanted, *rest: mapped(range(len(wanted)), *rest)),
        "layouts",
    ),
    Fault(
        "master ignored",
        "masterVolume",
        f"{_SOUND}.mix:Mixer.mastered",
        constant(lambda _, stream, __: stream),
        "layouts",
    ),
    Fault(
        "frame edges round down",
        "the sample of a frame's edge",
        "protocol.time:sample_at_frame",
        constant(lambda frame, rate, sample_rate: floor(frame / rate * sample_rate)),
        "edges",
    ),
    Fault(
        "fades in decibels",
        "not linear in amplitude",
        f"{_SOUND}.ramps:_gain",
        result(lambda gain, ramp, _: gain if ramp.centred else f"({gain})*({gain})"),
        "fades",
    ),
    Fault(
        "cross-fade by halves",
        "linear where power is to be kept",
        f"{_SOUND}.ramps:_gain",
        called(lambda gain, ramp, rate: gain(replace(ramp, curve="linear"), rate)),
        "fades",
    ),
    Fault(
        "cross-fade from the cut",
        "handles of sound dropped",
        f"{_SOUND}.score:_piece",
        called(lambda piece, item, sound, into, out_of, line: piece(item, sound, None, out_of, line)),
        "fades",
    ),
    Fault(
        "solo ignored",
        "tracks without solo sound",
        f"{_CORE}.resolve:_lane",
        called(lambda lane, *rest, **named: lane(*rest, **{**named, "audible": not rest[0].muted})),
        "solo",
    ),
    Fault(
        "mute ignored",
        "muted clips sound",
        f"{_SOUND}.sources:sound_of",
        called(lambda sound, item, **named: sound(replace(item, clip=_heard(item.clip)), **named)),
        "solo",
    ),
    Fault(
        "rides in steps",
        "values of frames not joined",
        f"{_CORE}.animation:sampled",
        called(lambda sampled, animated, first, frames, rate: sampled(animated, first + 1, frames, rate)),
        "rides",
    ),
    Fault(
        "reverse one sample off",
        "the end of what is turned",
        f"{_SOUND}.rows:Turned.cut",
        called(lambda cut, row, first, end: cut(replace(row, end=row.end + 1), first, end)),
        "rides",
    ),
)


def _heard(clip: Any) -> Any:
    return _changed(clip, muted=False)


FAULTS = (*TIME, *VALUES, *CROSSINGS, *PLACES, *COLOURS, *LAYERS, *SOUND)
