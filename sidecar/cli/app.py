"""The commands and their options, as cyclopts parses them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from sidecar import __version__
from sidecar.cli import serve
from sidecar.cli.exits import DONE, USAGE

COMMANDS = {
    "demo": "Render a twenty-second demonstration, and save its project beside the video.",
    "render": "Render a project file.",
    "presets": "List export settings by name.",
    "concat": "Join files one after the other, without encoding what can be copied.",
    "jobs": "List the render jobs, and pause, resume, cancel, move or remove them.",
    "validate": "List every problem of a project file.",
    "plan": "Say what a render would do, without doing it.",
    "probe": "Say what a media file holds.",
    "frame": "Write one frame of a project, as a render would show it, or of a media file.",
    "storyboard": "Write frames of a project or a media file, with their times, on one sheet.",
    "clip": "Write a small clip of a part of a project or a media file.",
    "play": "Play a project or a media file in mpv or ffplay, or write it as a stream.",
    "gif": "Write an animated GIF of a part of a project or a media file.",
    "filmstrip": "Write small pictures of a media file.",
    "proxy": "Make a small file that stands for one that is heavy to decode.",
    "cache": "Show what is cached, change its limits, clear it, or read it through.",
    "waveform": "Draw the sound of a media file, or write its peaks.",
    "analyze": "Measure a media file: cuts, black, freezes, silence, loudness and more.",
    "call": "Send one request to a newly spawned sidecar and print its answer.",
    "serve": "Serve an editor over stdin and stdout.",
    "replay": "Send a recording to a new sidecar and compare its answers.",
    "effects": "List the effects, or draw a sheet of them.",
    "transitions": "List the transitions, or draw a sheet of them.",
    "top": "Show what a running sidecar does, drawn once a second.",
    "metrics": "Show the numbers of a running sidecar, and what they have been.",
    "alerts": "List the alerts of a running sidecar, change their thresholds, and silence them.",
    "gpu": "List the graphics cards, and the encoders and decoders in hardware that work.",
    "doctor": "Check FFmpeg, encoders, fonts, GPU, disk and versions.",
}
"""Every command by name, with what the list of commands says about it: asking the modules would import them all."""


def build() -> App:
    """Return the parser; each command's module is imported when the command, or help, needs it."""
    app = App(
        name="sidecar",
        help="Validate, plan and render video timelines with FFmpeg; or serve an editor over stdio.",
        version=__version__,
        default_parameter=Parameter(negative=()),
        help_format="plaintext",
    )
    for name, summary in COMMANDS.items():
        if name == "serve":
            app.command(_serve, name=name, help=summary, help_flags=[])
        else:
            app.command(f"sidecar.cli.{name}:{name}", name=name, help=summary)
    return app


def run(arguments: Sequence[str]) -> int:
    """Parse and run a command line; 2 when it cannot be parsed."""
    app = build()
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        sys.stderr.write(f"error: {error}\n  `sidecar --help` lists the commands and their options\n")
        return USAGE
    return code if isinstance(code, int) else DONE


def _serve(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Serve an editor over stdin and stdout; `sidecar serve --help` lists the options."""
    return serve.main(arguments)
