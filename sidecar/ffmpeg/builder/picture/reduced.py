"""Scaling that comes first behind a feed, left to who decodes: what is written, and held, is then small.

It is done there by the same filters as here. So that pictures at a render's own size depend on one FFmpeg alone, it is
for previews of other sizes only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sidecar.ffmpeg.builder.graph import InputStream, Node, Pad, Stream
from sidecar.ffmpeg.builder.picture.convert import is_rgb
from sidecar.ffmpeg.builder.picture.feeds import Feeds, Reduction, is_fed
from sidecar.ffmpeg.builder.picture.orient import SPACES

WORTH = 2
"""How many times fewer pixels there have to be: colour may take twice the samples behind it."""

_STEPS = ("settb", "setparams", "scale", "format")
"""Filters behind a feed; all but the first are left to decoders."""

_SCALING = {"w", "h", "in_color_matrix", "in_range", "out_color_matrix", "out_range", "flags"}


def reduced(picture: Stream, feeds: Feeds) -> Stream:
    """Return a graph in which feeds that are only made smaller come so already; `feeds` know of it then."""
    if isinstance(picture, InputStream):
        return picture
    order = list(_listed(picture.node))
    uses = Counter(_name(stream) for each in order for stream in each.inputs)
    made: dict[int, Node] = {}

    def now(stream: Stream) -> Stream:
        if isinstance(stream, InputStream):
            return stream
        return Pad(made.get(id(stream.node), stream.node), stream.index)

    for current in order:
        chain = _chain(current, uses)
        small = None if chain is None else _reduced(chain, feeds)
        if small is not None:
            made[id(current)] = small
            continue
        inputs = tuple(map(now, current.inputs))
        if inputs != current.inputs:
            made[id(current)] = replace(current, inputs=inputs)
    return now(picture)


def _listed(last: Node) -> Iterator[Node]:
    """List the nodes of a graph, each after what it reads; without recursion, for graphs are deep."""
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(last, False)]
    while stack:
        current, done = stack.pop()
        if done:
            yield current
        elif id(current) not in seen:
            seen.add(id(current))
            stack.append((current, True))
            stack += [(each.node, False) for each in reversed(current.inputs) if isinstance(each, Pad)]


def _name(stream: Stream) -> tuple[int, int]:
    return (id(stream.node), stream.index) if isinstance(stream, Pad) else (id(stream.input), -1 - stream.stream)


@dataclass(frozen=True, slots=True)
class _Chain:
    """The filters behind an input that nobody else reads."""

    source: InputStream
    settb: Node
    tags: Node
    scale: Node
    form: Node


def _chain(form: Node, uses: Counter[tuple[int, int]]) -> _Chain | None:
    """Return what leads from an input to a filter, where it is what decoders can do."""
    found = [form]
    for wanted in reversed(_STEPS):
        current = found[-1]
        if current.filter != wanted or len(current.inputs) != 1 or uses[_name(current.inputs[0])] != 1:
            return None
        source = current.inputs[0]
        if isinstance(source, InputStream):
            return _Chain(source, *reversed(found)) if len(found) == len(_STEPS) else None
        found.append(source.node)
    return None


def _reduced(chain: _Chain, feeds: Feeds) -> Node | None:
    """Return what takes the place of a feed and its first filters; None where they stay."""
    feed, arguments, pixel_format = feeds.of(chain.source.input), dict(chain.scale.arguments), _format(chain.form)
    wide, high, span = arguments.get("w"), arguments.get("h"), arguments.get("out_range")
    if feed is None or pixel_format is None or not isinstance(wide, int) or not isinstance(high, int):
        return None
    if not arguments.keys() <= _SCALING or WORTH * wide * high > feed.width * feed.height:
        return None
    matrix = "gbr" if is_rgb(pixel_format) else SPACES.get(str(arguments.get("out_color_matrix")))
    if span is None or matrix is None:
        return None
    steps = tuple(
        (each.filter, tuple((name, str(value)) for name, value in each.arguments))
        for each in (chain.tags, chain.scale, chain.form)
    )
    small = feeds.reduce(chain.source.input, Reduction(steps, pixel_format, wide, high))
    timed = replace(chain.settb, inputs=(small,))
    told = {**dict(chain.tags.arguments), "range": span, "colorspace": matrix}
    return replace(chain.tags, arguments=tuple(told.items()), inputs=(Pad(timed),))


def _format(form: Node) -> str | None:
    """Return the one format that a filter lets through, where raw video holds it."""
    pixel_format = dict(form.arguments).get("pix_fmts")
    return pixel_format if isinstance(pixel_format, str) and is_fed(pixel_format) else None
