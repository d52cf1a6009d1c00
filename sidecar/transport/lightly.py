"""Imports libraries without what they bring along and a server has no use for: a shell waits for it."""

from __future__ import annotations

import ctypes.util
import sys
from importlib import import_module


def import_lightly() -> None:
    """Import the libraries of the start. Call it before anything else imports them."""
    # msgspec imports it where it finds it, for annotations that `typing` knows by now.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # how the import system is told "not there"
    import_module("msgspec")
    del sys.modules["typing_extensions"]
    # trio looks for the library that gives names to threads: it runs `ldconfig` for it, and reads what that prints.
    find, ctypes.util.find_library = ctypes.util.find_library, lambda name: None  # noqa: ARG005 - as it is
    try:
        import_module("trio")
    finally:
        ctypes.util.find_library = find
