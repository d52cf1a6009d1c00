"""Writes a graph as FFmpeg filter text: the only place where filter syntax is made."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Node, Pad, Stream, Value

_WHITE = " \n\t\r"


@dataclass(frozen=True, slots=True)
class Emitted:
    """Filter text, the inputs it reads in the order of their `-i`, and the label of each wanted stream.

    `labels` holds what stands behind `-map`: "[o0]" for a stream of the graph, "0:1" for an input's own. `held` is
    about how many bytes of pictures filters keep on purpose.
    """

    text: str
    inputs: tuple[Input, ...]
    labels: tuple[str, ...]
    filters: int
    held: int


def escape(text: str) -> str:
    """Escape text as an option value inside a graph: both levels, white space included. NUL is refused."""
    if "\0" in text:
        raise ValueError("NUL in a filter argument")
    value = "".join("\\" + c if c in "\\':" + _WHITE else c for c in text)
    return "".join("\\" + c if c in "\\'[],;" + _WHITE else c for c in value)


def write_value(value: Value) -> str:
    """Write one argument. Floats are finite and written without exponent."""
    if isinstance(value, Expression):
        return escape(value.text)
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a filter argument must be finite")
        return f"{value:.9f}".rstrip("0").rstrip(".") or "0"
    return str(int(value))


def emit(wanted: tuple[Stream, ...], extra_inputs: tuple[Input, ...] = ()) -> Emitted:
    """Write the graph that ends in the wanted streams.

    A stream that is taken more than once is split. Nodes that follow each other alone are written as one chain; one
    chain stands on a line. `extra_inputs` come first and are opened even if nothing reads them.
    """
    return _Writer(wanted, extra_inputs).write()


@dataclass(frozen=True, slots=True)
class Measure:
    """What a graph asks of a process: its filters and inputs, the bytes that filters hold back, and `ways`.

    Those are the ways that lead from a frame to what it is made of. FFmpeg goes all of them for every frame: streams
    that are split and joined n times in series cost 2ⁿ. `sources` are the inputs in the order of their `-i`.
    """

    filters: int
    inputs: int
    held: int
    ways: int
    sources: tuple[Input, ...]


def measure(wanted: tuple[Stream, ...]) -> Measure:
    """Measure a graph without writing it."""
    graph = _Writer(wanted, ())
    shared = sum(uses > 1 for uses in graph.uses.values())
    ways: dict[int, int] = {}
    for current in graph.nodes:
        found = [ways[id(each.node)] if isinstance(each, Pad) else 1 for each in current.inputs] or [1]
        # Of what is joined one behind the other only one is asked at a time.
        ways[id(current)] = max(found) if current.filter == "concat" else sum(found)
    held = sum(current.holds for current in graph.nodes)
    sources = tuple(graph.inputs)
    return Measure(len(graph.nodes) + shared, len(sources), held, max(ways.values(), default=1), sources)


class _Writer:
    def __init__(self, wanted: tuple[Stream, ...], extra: tuple[Input, ...]) -> None:
        self.wanted = wanted
        self.inputs: list[Input] = list(extra)
        self.nodes: list[Node] = []
        self.uses: dict[tuple[int, int], int] = {}
        self._visit()

    def _key(self, stream: Stream) -> tuple[int, int]:
        if isinstance(stream, Pad):
            return id(stream.node), stream.index
        return id(stream.input), -1 - stream.stream

    def _visit(self) -> None:
        """List nodes so that each stands after its inputs, and count the uses of every stream."""
        seen: set[int] = set()
        known = {id(source) for source in self.inputs}
        stack: list[tuple[Stream, bool]] = [(stream, False) for stream in reversed(self.wanted)]
        for stream in self.wanted:
            self._use(stream)
        while stack:
            stream, done = stack.pop()
            if isinstance(stream, InputStream):
                if id(stream.input) not in known:
                    known.add(id(stream.input))
                    self.inputs.append(stream.input)
                continue
            current = stream.node
            if done:
                self.nodes.append(current)
                continue
            if id(current) in seen:
                continue
            seen.add(id(current))
            stack.append((stream, True))
            for source in reversed(current.inputs):
                self._use(source)
                stack.append((source, False))

    def _use(self, stream: Stream) -> None:
        key = self._key(stream)
        self.uses[key] = self.uses.get(key, 0) + 1

    def write(self) -> Emitted:
        chains: list[str] = []
        labels: dict[tuple[int, int], list[str]] = {}
        count = len(self.nodes)
        fresh = iter(f"n{number}" for number in range(1 << 30))
        numbers = {id(source): number for number, source in enumerate(self.inputs)}

        def supply(stream: Stream) -> str:
            """Return the label of one more use of a stream, splitting an input stream the first time it is shared."""
            key = self._key(stream)
            if key not in labels and isinstance(stream, InputStream):
                number = numbers[id(stream.input)]
                plain = f"{number}:{stream.stream}"
                uses = self.uses[key]
                labels[key] = [plain] if uses == 1 else split(f"[{plain}]", stream, uses)
            return labels[key].pop(0)

        def split(source: str, stream: Stream, uses: int) -> list[str]:
            nonlocal count
            names = [next(fresh) for _ in range(uses)]
            outputs = "".join(f"[{name}]" for name in names)
            chains.append(f"{source}{'split' if stream.medium == 'video' else 'asplit'}={uses}{outputs}")
            count += 1
            return names

        open_chain: tuple[tuple[int, int], int] | None = None
        for current in self.nodes:
            text = current.filter
            if current.arguments:
                text += "=" + ":".join(f"{key}={write_value(value)}" for key, value in current.arguments)
            keys = [self._key(stream) for stream in current.inputs]
            if open_chain is not None and keys == [open_chain[0]]:
                line = open_chain[1]
                chains[line] = chains[line].rsplit("[", 1)[0] + "," + text
                labels[keys[0]].pop(0)
            else:
                chains.append("".join(f"[{supply(stream)}]" for stream in current.inputs) + text)
                line = len(chains) - 1
            open_chain = None
            for index in range(current.outputs):
                pad = Pad(current, index)
                key = self._key(pad)
                uses = self.uses.get(key, 0)
                if uses == 0:
                    raise ValueError(f"output {index} of {current.filter} is taken by nothing")
                name = next(fresh)
                chains[line] += f"[{name}]"
                labels[key] = [name] if uses == 1 else []
                if uses > 1:
                    labels[key] = split(f"[{name}]", pad, uses)
                elif current.outputs == 1:
                    open_chain = (key, line)
        mapped = []
        for stream in self.wanted:
            label = supply(stream)
            mapped.append(label if isinstance(stream, InputStream) and ":" in label else f"[{label}]")
        return Emitted(
            ";\n".join(chains), tuple(self.inputs), tuple(mapped), count, sum(node.holds for node in self.nodes)
        )
