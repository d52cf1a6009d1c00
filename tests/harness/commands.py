"""Runs built commands with the bundled FFmpeg."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.services.media.reader import probe_file
from tests.harness.media import ffmpeg


def run_command(command: Command, work: Path, *, seconds: float = 60) -> str:
    """Run a command in `work` and return what it wrote to stderr; a failure fails the test."""
    built = arguments(command)
    for file in built.files:
        (work / file.name).write_bytes(file.content)
    done = subprocess.run(
        [ffmpeg(), *built.argv],
        cwd=work,
        env={**os.environ, **dict(command.environment)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"{built.graph}\n{said}"
    return said


def facts_of(path: Path) -> SourceFacts:
    """Probe a file in this process."""
    facts = probe_file(path, "full").facts
    assert facts is not None
    return facts
