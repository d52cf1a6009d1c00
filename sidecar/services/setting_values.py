"""Single settings: their names on the wire and in the environment, and the check of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from protocol.commands.settings import Settings
from protocol.errors import SettingsInvalid
from protocol.typed import ready

NAMES: dict[str, str] = {field.encode_name: field.name for field in msgspec.structs.fields(Settings)}
"""Python names by wire names."""

MAPS = frozenset({"cacheKinds"})
"""Settings that are objects: as text, JSON."""

FOLDERS = frozenset({"dataDir", "cacheDir", "tempDir"})
PATHS = FOLDERS | {"ffmpegPath"}
NEED_RESTART = PATHS | {"httpPort", "metricsPort", "metricsToken", "logFiles", "workers"}
"""Settings that are read once, at the start."""

_TYPES: dict[str, Any] = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}


def environment_name(key: str) -> str:
    """Return the variable of a setting: SIDECAR_ and the name in capitals, without a last _PATH (SIDECAR_FFMPEG)."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).upper()
    return f"SIDECAR_{snake.removesuffix('_PATH')}"


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the settings hold them; raises SettingsInvalid for the first that cannot be.

    Paths must be absolute: what they are relative to would change from start to start.
    """
    return {key: checked_value(key, value) for key, value in values.items()}


def checked_value(key: str, value: Any, *, strict: bool = True) -> Any:
    """Return one value as its setting holds it; raises SettingsInvalid. Not strict: text is read as the type asks."""
    known(key)
    try:
        converted = msgspec.convert(value, ready(_TYPES[key]), strict=strict)
    except (msgspec.ValidationError, OverflowError) as error:
        raise SettingsInvalid(key=key, detail=str(error)) from None
    if key in PATHS and converted is not None and ("\0" in converted or not Path(converted).is_absolute()):
        raise SettingsInvalid(key=key, detail=f"{converted!r} is not an absolute path")
    return converted


def known(key: str) -> None:
    """Raise SettingsInvalid, with the nearest name, for a setting that there is not."""
    if key not in NAMES:
        from difflib import get_close_matches  # noqa: PLC0415 - start-up time

        near = get_close_matches(key, NAMES, n=1)
        raise SettingsInvalid(
            key=key,
            detail="there is no such setting",
            suggestion=f"Did you mean {near[0]}?" if near else "settings.get lists them",
        )


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings that the environment holds; an empty variable is none. Raises SettingsInvalid."""
    return {
        key: _from_text(key, environ[name], said_by=name)
        for key in NAMES
        if environ.get(name := environment_name(key), "")
    }


def from_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Read settings given by wire name at the start of the process; None is not given. Raises SettingsInvalid."""
    given = {key: value for key, value in arguments.items() if value is not None}
    return {key: _from_text(key, value, said_by=key) for key, value in given.items()}


def _from_text(key: str, value: Any, *, said_by: str) -> Any:
    if key in PATHS and isinstance(value, str):
        # Typed by a person in a folder: relative to where the process starts.
        value = str(Path(value).expanduser().absolute())
    if key in MAPS and isinstance(value, str):
        value = _parsed(value)
    try:
        return checked_value(key, value, strict=False)
    except SettingsInvalid as error:
        raise SettingsInvalid(key=said_by, detail=error.detail, suggestion=error.suggestion) from None


def _parsed(text: str) -> Any:
    """Return the JSON value of a text, or the text itself, which is then no object."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
