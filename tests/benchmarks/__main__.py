"""`python -m tests.benchmarks [--short] [-o FILE]`: measure everything and write it as JSON."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import msgspec
import psutil

from sidecar import __version__
from sidecar.services.machine import libraries
from tests.benchmarks import (
    cache,
    copying,
    monitoring,
    peaks,
    play,
    preview,
    probing,
    queue,
    render,
    render_bits,
    render_phone,
    render_tracks,
    rerender,
    rpc,
    shell,
    start,
    thumbnails,
)
from tests.benchmarks.figure import Figure

GROUPS = {
    "rpc": rpc.measure,
    "start": start.measure,
    "queue": queue.measure,
    "monitoring": monitoring.measure,
    "probe": probing.measure,
    "thumbnails": thumbnails.measure,
    "peaks": peaks.measure,
    "render": render.measure,
    "bits": render_bits.measure,
    "tracks": render_tracks.measure,
    "phone": render_phone.measure,
    "rerender": rerender.measure,
    "copy": copying.measure,
    "preview": preview.measure,
    "play": play.measure,
    "cache": cache.measure,
    "shell": shell.measure,
}
FIGURES = (
    "rpc.roundTrip",
    "rpc.throughput",
    "start.initialized",
    "memory.resting",
    "memory.project",
    "queue.enqueue",
    "queue.cancel",
    "monitoring.request",
    "monitoring.idle",
    "monitoring.scrape",
    "monitoring.lag",
    "probe.copies",
    "probe.visible",
    "probe.large",
    "thumbnails",
    "peaks",
    "render.cpu",
    "render.wall",
    "render.bits",
    "render30.cpu",
    "render30.wall",
    "phone.cpu",
    "phone.wall",
    "rerender.picture",
    "rerender.sound",
    "copy.gop12",
    "copy.gop25",
    "preview.cached",
    "preview.next",
    "preview.scrub",
    "preview.edit",
    "preview.process",
    "preview.png",
    "preview.random",
    "preview.busy",
    "play.first",
    "play.late",
    "play.cost",
    "play.edit",
    "cache.get",
    "cache.put",
    "cache.start",
    "cache.rebuild",
    "cache.clear",
    "shell.start",
    "shell.roundTrip",
    "shell.idle",
)
"""Every figure that a run has to hold."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; 1 when a figure is missing. Whether targets are met never decides."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few and small: shows that everything runs")
    parser.add_argument("--only", choices=GROUPS, action="append", help="only these groups")
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks.json"), metavar="FILE")
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    for name in options.only or GROUPS:
        for figure in GROUPS[name](short=options.short):
            figures.append(figure)
            sys.stdout.write(line(figure) + "\n")
            sys.stdout.flush()
    document = {"figures": figures, "short": options.short, "machine": machine(), "versions": versions()}
    options.output.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    absent = [] if options.only else missing(figures)
    for name in absent:
        sys.stdout.write(f"{name}: missing\n")
    return 1 if absent else 0


def missing(figures: Sequence[Figure]) -> list[str]:
    """Names of figures that were not measured."""
    return sorted(set(FIGURES) - {figure.figure for figure in figures})


def line(figure: Figure) -> str:
    """A figure for people."""
    value = f"{figure.ours:.4g} {figure.unit}"
    if figure.peer is not None:
        value += f" against {figure.peer:.4g}: ratio {figure.ratio:.3f}"
    low, high = figure.interval
    verdict = "met" if figure.met else "NOT met"
    return f"{figure.figure}: {value} [{low:.3g}–{high:.3g}], target {figure.bound} {figure.target:g}: {verdict}"


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "memory": psutil.virtual_memory().total,
        "load": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """What was measured."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_version()
    return {"sidecar": __version__, "python": platform.python_version(), "ffmpeg": ffmpeg, **libraries()}


if __name__ == "__main__":
    sys.exit(main())
