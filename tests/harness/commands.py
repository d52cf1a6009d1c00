"""Runs built commands with the bundled FFmpeg."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.services.media.reader import probe_file
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE


def run_command(command: Command, work: Path, *, seconds: float = PATIENCE) -> str:
    """Run a command in `work` and return what it wrote to stderr; a failure fails the test."""
    return _run(command, work, seconds).stderr.decode(errors="replace")


def output_of(command: Command, work: Path, *, seconds: float = PATIENCE) -> bytes:
    """Run a command in `work` and return what it wrote to stdout; a failure fails the test."""
    return _run(command, work, seconds).stdout


def _run(command: Command, work: Path, seconds: float) -> subprocess.CompletedProcess[bytes]:
    built = arguments(command)
    for file in built.files:
        (work / file.name).write_bytes(file.content)
    done = subprocess.run(
        [ffmpeg(), "-y", *built.argv],
        cwd=work,
        env={**os.environ, **dict(command.environment)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{built.graph}\n{done.stderr.decode(errors='replace')}"
    return done


def facts_of(path: Path) -> SourceFacts:
    """Probe a file in this process."""
    facts = probe_file(path, "full").facts
    assert facts is not None
    return facts
