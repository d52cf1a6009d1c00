"""An FFmpeg that behaves as the real one, except for one encoder: of hardware that is not here, or that fails in a job."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.harness.media import ffmpeg

OWN = ("-preset", "-tune", "-rc", "-cq", "-b:v")
"""Options of NVENC, each with a value, that the encoder in its place is not given."""

SAID = "EncodePicture failed!: generic error (20): "
"""What NVENC says of a device that is gone."""

_SCRIPT = """#!{python} -IS
import os, subprocess, sys, time
REAL, ENCODER, DIES_AT, PLACE = {real!r}, {encoder!r}, {dies_at!r}, {place!r}
OWN, TRIAL, DECODES, LOG = {own!r}, {trial!r}, {decodes!r}, {log!r}
given = sys.argv[1:]
if DECODES and "cuda" in given:
    at = given.index("-hwaccel")
    given = [each.replace("hwdownload", DECODES) for each in given[:at] + given[at + 4:]]
if ENCODER not in given:
    os.execv(REAL, [REAL, *given])
trial = any("testsrc2" in each for each in given)
with open(LOG, "a") as log:
    log.write(("trial " if trial else "job ") + " ".join(given) + chr(10))
argv, skip = [], False
for each in given:
    if PLACE and not skip and each in OWN:
        skip = True
    elif skip:
        skip = False
    else:
        argv.append(PLACE[0] if PLACE and each == ENCODER else each)
argv[-1:-1] = PLACE[1:]
if trial and TRIAL == "hangs":
    time.sleep(600)
if DIES_AT is None or trial:
    os.execv(REAL, [REAL, *argv])
argv[-1:-1] = ["-frames:v", str(DIES_AT)]
subprocess.run([REAL, *argv], stdin=subprocess.DEVNULL, close_fds=False)
sys.stderr.write("[" + ENCODER + " @ 0x55d3c6a2f4c0] [error] {said}" + chr(10))
sys.stderr.write("[vost#0:0/" + ENCODER + " @ 0x55d3c6a2e3c0] [error] Error submitting video frame to the encoder" + chr(10))
sys.exit(187)
"""


def fake_ffmpeg(
    folder: Path,
    *,
    encoder: str = "h264_nvenc",
    dies_at: int | None = None,
    place: tuple[str, ...] = ("libx264", "-preset", "veryfast", "-crf", "16"),
    trial: str = "works",
    decodes: str = "",
) -> Path:
    """Write one: `encoder` is played by `place` (its name, then its options; empty: it plays itself).

    A job with it ends after `dies_at` frames, as NVENC does when its device is gone. A `trial`, which is told by its
    generated clip, "works" or "hangs". Decoding by CUDA is played by the software decoder and the filter `decodes`, if given. `calls` lists what the encoder was asked for.
    """
    script = folder / "ffmpeg"
    text = _SCRIPT.format(
        python=sys.executable,
        real=ffmpeg(),
        encoder=encoder,
        dies_at=dies_at,
        place=list(place),
        own=list(OWN),
        trial=trial,
        decodes=decodes,
        log=str(folder / "calls.txt"),
        said=SAID,
    )
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    return script


def calls(script: Path) -> list[str]:
    """Return the trials and jobs that the encoder was asked for, in order, one a line."""
    log = script.with_name("calls.txt")
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []
