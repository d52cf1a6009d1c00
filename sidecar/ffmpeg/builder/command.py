"""An FFmpeg command as plain data, and its argument list."""

from __future__ import annotations

from dataclasses import dataclass, field

from sidecar.core.keys import IGNORED
from sidecar.ffmpeg.builder.emit import emit
from sidecar.ffmpeg.builder.graph import Input, Stream

INLINE_GRAPH_BYTES = 65_536
"""Longer graphs go through a file: one argument above 128 KiB cannot be passed."""

GRAPH_FILE = "graph.txt"


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file that has to stand in the working folder while the command runs, by its plain name."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Output:
    """One output: the streams it takes in order, its options (without dashes; None: a flag), and its target."""

    streams: tuple[Stream, ...]
    options: tuple[tuple[str, str | None], ...]
    target: str = field(metadata=IGNORED)


@dataclass(frozen=True, slots=True)
class Command:
    """Everything that one FFmpeg process is to do.

    It runs in a working folder of its own that holds `files`; `frames` is the number of frames its first output
    will have, where that is known. `globals_` stand first; `environment` is added to the child's own. `loudness` is
    the target in LUFS and the true peak in dBTP of sound that has to be measured first: this command does not level it.
    `decided` is what else decides the file, of other commands that run before: names and values.
    """

    outputs: tuple[Output, ...]
    files: tuple[SideFile, ...] = ()
    globals_: tuple[tuple[str, str | None], ...] = ()
    extra_inputs: tuple[Input, ...] = ()
    frames: int | None = None
    environment: tuple[tuple[str, str], ...] = ()
    loudness: tuple[float, float] | None = None
    decided: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command as arguments (the program itself not among them), its graph text, and all side files."""

    argv: tuple[str, ...]
    graph: str
    files: tuple[SideFile, ...]
    filters: int
    inputs: int


def arguments(command: Command) -> Arguments:
    """Write a command out. Options are `-name value`; inputs are given as `file:` so that no name is an option."""
    emitted = emit(tuple(stream for output in command.outputs for stream in output.streams), command.extra_inputs)
    argv = ["-nostdin", "-hide_banner", *_options(command.globals_)]
    for source in emitted.inputs:
        argv += [*_options(source.options), "-i", source.url]
    files = command.files
    if emitted.text:
        if len(emitted.text.encode()) > INLINE_GRAPH_BYTES:
            argv += ["-/filter_complex", GRAPH_FILE]
            files = (*files, SideFile(GRAPH_FILE, emitted.text.encode()))
        else:
            argv += ["-filter_complex", emitted.text]
    labels = iter(emitted.labels)
    for output in command.outputs:
        for _ in output.streams:
            argv += ["-map", next(labels)]
        argv += [*_options(output.options), output.target]
    return Arguments(tuple(argv), emitted.text, files, emitted.filters, len(emitted.inputs))


def _options(options: tuple[tuple[str, str | None], ...]) -> list[str]:
    return [part for name, value in options for part in (f"-{name}", value) if part is not None]
