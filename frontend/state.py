"""What the shell remembers from one start to the next: a file of JSON, written whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from platformdirs import user_config_path

FOLDER = "STUDIO_DIR"
"""The environment variable that names another folder for it."""

NAME = "studio.json"


def state_file() -> Path:
    """Return where it lies."""
    named = os.environ.get(FOLDER)
    folder = Path(named).absolute() if named else user_config_path("video-compiler-sidecar", appauthor=False)
    return folder / NAME


class State:
    """Values by name, for any thread.

    What cannot be read counts as nothing, what cannot be written is forgotten: neither is worth a window that does
    not open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._values = _read(path)

    def get(self, name: str) -> Any:
        """Return a value; None where there is none."""
        with self._lock:
            return self._values.get(name)

    def set(self, name: str, value: Any) -> None:
        """Keep a value, which must be JSON; None removes it."""
        with self._lock:
            if self._values.get(name) == value:
                return
            self._values[name] = value
            if value is None:
                del self._values[name]
            _write(self._path, self._values)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _write(path: Path, values: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{NAME}", delete=False) as file:
            file.write(msgspec.json.format(msgspec.json.encode(values)))
        Path(file.name).replace(path)
    except OSError:
        return
