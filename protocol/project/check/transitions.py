"""Rules of transitions: what they join, how long they may be (docs/project.md §6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from protocol.project import AudioTrack, Transition
from protocol.project.check.ids import Ids
from protocol.project.check.parts import Placed, TrackParts
from protocol.project.check.placement import Spot
from protocol.project.check.sink import Sink
from protocol.project.source import AdjustmentSource
from protocol.project.timing import MIN_TRANSITION, transition_length, transition_shares
from protocol.time import format_exact, parse_seconds

AUDIO_TYPE = "crossfade"


@dataclass(slots=True)
class _Edges:
    """What transitions take of a clip: each edge at most once, frames of its own at each."""

    spot: Spot
    head: Placed[Transition] | None = None
    tail: Placed[Transition] | None = None
    frames: dict[str, int] = field(default_factory=dict)


class _Neighbours:
    """The clips of a track by the frames at which they begin and end."""

    def __init__(self, spots: list[Spot]) -> None:
        self._beginning = {spot.first: spot for spot in spots}
        self._ending = {spot.end: spot for spot in spots}

    def of(self, spot: Spot, side: str) -> Spot | None:
        """Return the clip that touches another on its side "to" (after it) or "from" (before it)."""
        return self._beginning.get(spot.end) if side == "to" else self._ending.get(spot.first)


def check_transition_alone(part: TrackParts, at: Placed[Transition], ids: Ids, sink: Sink) -> bool:
    """Note what needs no frame rate: type and references. Returns whether its clips can be looked at."""
    transition = at.value
    if isinstance(part.track, AudioTrack) and transition.type != AUDIO_TYPE:
        message = f"An audio track knows only the transition {AUDIO_TYPE}"
        sink.add("transitionType", f"{at.pointer}/type", message, value=transition.type[:80], nearest=AUDIO_TYPE)
    if transition.from_ is None and transition.to is None:
        sink.add("transitionEnds", at.pointer, "The transition names no clip", suggestion="Write from, to or both")
        return False
    if transition.from_ == transition.to:
        sink.add("transitionEnds", f"{at.pointer}/to", "A clip has no transition to itself")
        return False
    known = ids.track_clips.get(part.pointer, set())
    found = True
    for name, id in (("from", transition.from_), ("to", transition.to)):
        if id is not None and id not in known:
            nearest = None if id in ids.clips else sink.nearest(id, known)
            where = "on this track: it lies on another" if id in ids.clips else "on this track"
            message = f'There is no clip "{id}" {where}'
            sink.add("unknownReference", f"{at.pointer}/{name}", message, id=id, nearest=nearest)
            found = False
    return found


def check_transitions(
    part: TrackParts, transitions: list[Placed[Transition]], spots: list[Spot], rate: Fraction, sink: Sink
) -> None:
    """Note what is wrong with a track's transitions in frames; those with a clip that is set aside are left alone."""
    edges: dict[str, _Edges] = {}
    for spot in spots:
        if spot.at.value.id is not None:
            edges.setdefault(spot.at.value.id, _Edges(spot))
    neighbours = _Neighbours(spots)
    for at in transitions:
        _length(at, rate, sink)
        sides = [edges.get(id) for id in (at.value.from_, at.value.to) if id is not None]
        if None in sides:
            continue
        outgoing = edges[at.value.from_] if at.value.from_ is not None else None
        incoming = edges[at.value.to] if at.value.to is not None else None
        _pictured(at, outgoing, incoming, sink)
        if _joined(at, outgoing, incoming, neighbours, sink):
            _take(at, outgoing, incoming, rate, sink)
    for edge in edges.values():
        _room(edge, sink)
    if not isinstance(part.track, AudioTrack):
        for edge in edges.values():
            _fades_under(edge, sink)


def _length(at: Placed[Transition], rate: Fraction, sink: Sink) -> None:
    frames = transition_length(at.value, rate)
    if frames < MIN_TRANSITION:
        message = f"The transition lasts {frames} frames, {MIN_TRANSITION} is the least"
        nearest = format_exact(MIN_TRANSITION / rate)
        sink.add("shortTransition", f"{at.pointer}/duration", message, frames=frames, nearest=nearest)


def _pictured(at: Placed[Transition], outgoing: _Edges | None, incoming: _Edges | None, sink: Sink) -> None:
    for edge, name in ((outgoing, "from"), (incoming, "to")):
        if edge is not None and isinstance(edge.spot.at.value.source, AdjustmentSource):
            message = "An adjustment clip has no picture that a transition could show"
            hint = "Use its fadeIn, fadeOut or opacity"
            sink.add("transitionEnds", f"{at.pointer}/{name}", message, suggestion=hint)


def _joined(
    at: Placed[Transition], outgoing: _Edges | None, incoming: _Edges | None, neighbours: _Neighbours, sink: Sink
) -> bool:
    if outgoing is not None and incoming is not None:
        gap = incoming.spot.first - outgoing.spot.end
        if gap == 0:
            return True
        relation = f"lie {gap} frames apart" if gap > 0 else "are not in this order, or overlap"
        ids = [at.value.id, at.value.from_, at.value.to]
        sink.add("notTouching", at.pointer, f"The clips {relation}", ids=ids, frames=gap)
        return False
    side, name = (outgoing, "to") if outgoing is not None else (incoming, "from")
    neighbour = neighbours.of(side.spot, name) if side is not None else None
    if side is None or neighbour is None:
        return True
    message = f"This end of the clip is not free: {neighbour.at.value.id or neighbour.at.pointer} touches it"
    ids = [at.value.id, side.spot.at.value.id, neighbour.at.value.id]
    sink.add("edgeTaken", f"{at.pointer}/{name}", message, ids=ids, nearest=neighbour.at.value.id)
    return False


def _take(at: Placed[Transition], outgoing: _Edges | None, incoming: _Edges | None, rate: Fraction, sink: Sink) -> None:
    before, after = transition_shares(at.value, transition_length(at.value, rate))
    for edge, name, frames in ((outgoing, "tail", before), (incoming, "head", after)):
        if edge is None:
            continue
        taken = edge.tail if name == "tail" else edge.head
        if taken is not None:
            member = "from" if name == "tail" else "to"
            message = f"This edge of the clip has a transition already: {taken.value.id or taken.pointer}"
            sink.add("edgeTaken", f"{at.pointer}/{member}", message, other=taken.pointer)
            continue
        if name == "tail":
            edge.tail = at
        else:
            edge.head = at
        edge.frames[name] = frames


def _room(edge: _Edges, sink: Sink) -> None:
    frames = sum(edge.frames.values())
    last = edge.tail or edge.head
    if last is None or frames <= edge.spot.frames:
        return
    clip = edge.spot.at.value
    sink.add(
        "transitionTooLong",
        f"{last.pointer}/duration",
        f'Transitions cover {frames} frames of the clip "{clip.id}", which has {edge.spot.frames}',
        ids=[*(at.value.id for at in (edge.head, edge.tail) if at is not None), clip.id],
        frames=frames,
        limit=edge.spot.frames,
    )


def _fades_under(edge: _Edges, sink: Sink) -> None:
    clip, pointer = edge.spot.at.value, edge.spot.at.pointer
    for at, name, fade in ((edge.head, "fadeIn", clip.fade_in), (edge.tail, "fadeOut", clip.fade_out)):
        if at is not None and parse_seconds(fade) != 0:
            message = f"{name} is not applied: a transition lies on this edge"
            sink.add("fadeUnderTransition", f"{pointer}/{name}", message, ids=[clip.id, at.value.id])
