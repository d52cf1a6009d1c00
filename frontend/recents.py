"""The projects that were opened last, the newest first."""

from __future__ import annotations

from pathlib import Path

from frontend.capabilities import Capabilities
from frontend.dialogs import is_project
from frontend.state import State

MOST = 12
_KEY = "recent"


def recents(state: State) -> list[str]:
    """Return their paths; what is no longer there is left out, not forgotten: a disk may be back tomorrow."""
    return [path for path in _kept(state) if Path(path).is_file()]


def add_recent(state: State, path: Path) -> None:
    """Put one in front."""
    text = str(path)
    state.set(_KEY, [text, *(each for each in _kept(state) if each != text)][:MOST])


def allow_known(capabilities: Capabilities, state: State, argument: Path | None) -> None:
    """Let the page use what it may from the start: recent projects, and the one that the program was started with."""
    for path in recents(state):
        capabilities.allow(path, write=is_project(path))
    # A folder is no project: it would give everything below.
    if argument is not None and not argument.is_dir():
        capabilities.allow(argument, write=True)


def _kept(state: State) -> list[str]:
    kept = state.get(_KEY)
    return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []
