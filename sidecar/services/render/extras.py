"""The hidden folder beside a part file: what becomes more than that one file, until it is published."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

REPLACED = "replaced"
"""Where a folder waits that a new one takes the place of."""


def extra_folder(part: Path) -> Path:
    """Return the folder of everything that is made beside a part file."""
    return part.with_name(f"{part.name}.d")


def clear_extras(part: Path) -> None:
    """Remove what was made beside a part file; an old folder that nothing took the place of goes back."""
    extras = extra_folder(part)
    kept = extras / REPLACED
    if kept.is_dir():
        for old in kept.iterdir():
            goal = part.with_name(old.name)
            if not goal.exists():
                with suppress(OSError):
                    old.rename(goal)
    shutil.rmtree(extras, ignore_errors=True)
