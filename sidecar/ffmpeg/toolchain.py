"""Finds the FFmpeg to use: the setting, else SIDECAR_FFMPEG, else the one that comes with imageio-ffmpeg."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from protocol.errors import FfmpegNotFound
from sidecar.ffmpeg.supervisor.forking import FORKING

Source = Literal["setting", "environment", "bundled"]

VARIABLE = "SIDECAR_FFMPEG"

OLDEST = (8, 1, 2)
"""Earlier releases have holes that are public and reachable from a media file."""

OLDEST_SNAPSHOT = 2026_07_01
"""Builds without a release number are judged by their date: from here on they hold the fixes of 8.1.2."""

ANSWER_WITHIN = 10.0
"""Seconds that `-version` may take: a cold 170 MB binary on a slow disk needs a few."""

_RELEASE = re.compile(r"n?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])")
_DATE = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A usable FFmpeg. `version` is its own word for it, `licence` an SPDX name read from its configuration."""

    path: Path
    version: str
    licence: str
    source: Source


@dataclass(frozen=True, slots=True)
class Identity:
    """What a binary is known by: another one at the same path has another time or size."""

    path: Path
    mtime_ns: int
    size: int


def locate(setting: str | None, environ: Mapping[str, str]) -> Toolchain:
    """Return the FFmpeg to use.

    One that was named explicitly has to work: a bad setting is an error and not a reason to take another binary
    silently. Blocks for the run of `-version` when the binary was not seen before (11 ms warm), else for 50 µs.

    Raises:
        FfmpegNotFound: none there, not executable, not an FFmpeg, or older than 8.1.2; `tried` says what was.

    """
    source, named = _candidate(setting, environ)
    tried = f"{source}: {named or 'imageio-ffmpeg brings no binary for this machine'}"
    if named is None:
        raise FfmpegNotFound(detail="none is installed with the sidecar", tried=[tried])
    found = shutil.which(named, path=environ.get("PATH", os.defpath))
    if found is None:
        raise FfmpegNotFound(detail=f"{named} is not an executable file", tried=[tried])
    path = Path(found).resolve()
    try:
        version, licence = parse_version(_listing(identity(path)))
    except FfmpegNotFound as error:
        raise FfmpegNotFound(detail=error.detail, tried=[tried]) from error
    except OSError as error:
        raise FfmpegNotFound(detail=f"{path} cannot be looked at: {error.strerror}", tried=[tried]) from error
    return Toolchain(path, version, licence, source)


def identity(path: Path) -> Identity:
    """Return what caches about a binary are keyed by."""
    status = path.stat()
    return Identity(path, status.st_mtime_ns, status.st_size)


def bundled() -> Path | None:
    """Return the binary of imageio-ffmpeg without importing it; None where the package brings none."""
    package = importlib.util.find_spec("imageio_ffmpeg")
    if package is None or package.origin is None:
        return None
    binaries = Path(package.origin).parent / "binaries"
    return next((path for path in sorted(binaries.glob("ffmpeg-*")) if os.access(path, os.X_OK)), None)


def parse_version(listing: str) -> tuple[str, str]:
    """Return version and licence from what `-version` prints.

    Raises:
        FfmpegNotFound: it is no FFmpeg's, or of one that is too old.

    """
    words = listing.split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"] or len(words) < 3:
        raise FfmpegNotFound(detail="it does not answer -version as FFmpeg does")
    version = words[2]
    if not new_enough(version):
        wanted = ".".join(map(str, OLDEST))
        raise FfmpegNotFound(
            detail=f"version {version} is older than {wanted}, which is the oldest without known holes"
        )
    return version, _licence(listing)


def new_enough(version: str) -> bool:
    """Tell whether a version ("9.0.2", "n9.0.2-17-g2a571b6068-20260930", "2026-09-30-git-...") is accepted.

    A snapshot of the master branch has no number; without a date it cannot be judged and is refused.
    """
    release = _RELEASE.match(version)
    if release:
        return tuple(int(part or 0) for part in release.groups()) >= OLDEST
    date = _DATE.search(version)
    return date is not None and int("".join(date.groups())) >= OLDEST_SNAPSHOT


def _candidate(setting: str | None, environ: Mapping[str, str]) -> tuple[Source, str | None]:
    if setting:
        return "setting", setting
    if environ.get(VARIABLE):
        return "environment", environ[VARIABLE]
    own = bundled()
    return "bundled", str(own) if own else None


@lru_cache(maxsize=16)
def _listing(binary: Identity) -> str:
    """Return what a binary prints of itself."""
    try:
        with FORKING:
            child = subprocess.Popen(
                [binary.path, "-hide_banner", "-version"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
    except OSError as error:
        raise FfmpegNotFound(detail=f"it cannot be started: {error.strerror}") from error
    with child:
        try:
            printed, _ = child.communicate(timeout=ANSWER_WITHIN)
        except subprocess.TimeoutExpired as error:
            raise FfmpegNotFound(detail=f"-version took longer than {ANSWER_WITHIN:g} s") from error
        finally:
            child.kill()
    return printed.decode(errors="replace")


def _licence(listing: str) -> str:
    flags = set(re.findall(r"--enable-(gpl|version3|nonfree)\b", listing))
    if "nonfree" in flags:
        return "LicenseRef-nonfree"
    family = "GPL" if "gpl" in flags else "LGPL"
    base = {"GPL": "2.0", "LGPL": "2.1"}[family]
    return f"{family}-{'3.0' if 'version3' in flags else base}-or-later"
