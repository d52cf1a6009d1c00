"""The projects that were opened last, the newest first."""

from __future__ import annotations

from pathlib import Path

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


def _kept(state: State) -> list[str]:
    kept = state.get(_KEY)
    return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []
