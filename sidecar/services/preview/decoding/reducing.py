"""Making pictures smaller as the graph of a preview would: by the same filters, in the decoder's own process."""

from __future__ import annotations

import os
from fractions import Fraction

import av.error
from av.filter.graph import Graph
from av.video.frame import VideoFrame

from protocol.errors import MediaUnsupported
from sidecar.services.preview.decoding.messages import Format, Reduction
from sidecar.services.preview.decoding.planes import expect

TICK = Fraction(1, 90_000)
"""For pictures that have no time base: what is made of them does not depend on it."""


class Reducer:
    """Makes pictures of one stream smaller, for one thread at a time. They have to be of the `stored` format.

    What equal `key`s make of a picture is the same.
    """

    def __init__(self, reduction: Reduction, stored: Format, path: bytes) -> None:
        self.key = reduction, stored
        self._steps = reduction.steps
        self._stored = stored
        self._path = path
        self._graphs: dict[str, Graph] = {}

    def reduced(self, frame: VideoFrame) -> VideoFrame:
        """Return a smaller picture; the frame is left as it is.

        Raises MediaUnsupported for one of another format, or where the filters refuse it; MemoryError.
        """
        expect(frame, self._stored, self._path)
        # One format of raw video may be two of decoders: that of full range has a name of its own.
        name = frame.format.name
        try:
            graph = self._graphs.get(name)
            if graph is None:
                graph = self._graphs[name] = self._made(frame)
            graph.vpush(frame)
            return graph.vpull()
        except MemoryError:
            # That of the library is one of its errors, too.
            raise
        except (av.error.FFmpegError, ValueError) as error:
            raise MediaUnsupported(
                path=os.fsdecode(self._path), detail=f"it cannot be made smaller: {error}"
            ) from error

    def _made(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        # Feeds are written side by side: each has its own thread already.
        graph.threads = 1
        tick = frame.time_base or TICK
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=tick)
        steps = [graph.add(name, **dict(arguments)) for name, arguments in self._steps]
        graph.link_nodes(source, *steps, graph.add("buffersink")).configure()
        return graph
