"""Settings: argument over environment over file over default, and changes while the sidecar runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from protocol.commands.settings import Origin, Settings, SettingsApplied, SettingsChanged, SettingsState
from protocol.errors import SettingsInvalid
from sidecar.services.events import EventHub
from sidecar.services.setting_values import (
    NAMES,
    NEED_RESTART,
    checked,
    environment_name,
    from_arguments,
    from_environment,
    known,
)
from sidecar.services.settings_file import read_settings, write_settings

Watcher = Callable[[Settings], None]


class SettingsStore:
    """All settings, where each comes from, and the file that keeps them.

    `current` holds what is in force. A change to what is read only at the start waits for the next start: it shows in
    `state` and not in `current`. Raises SettingsInvalid when an argument or a variable cannot be; a broken file is
    set aside instead and described by `broken`.
    """

    def __init__(
        self,
        path: Path,
        *,
        arguments: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        events: EventHub | None = None,
    ) -> None:
        read = read_settings(path)
        self.path = path
        self.broken = read.broken
        self._file = read.values
        self._environment = from_environment(environ or {})
        self._arguments = from_arguments(arguments or {})
        self._events = events
        self._watchers: list[Watcher] = []
        self.current = self._configured()

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with the settings in force, now and after every change."""
        self._watchers.append(watcher)
        watcher(self.current)

    def state(self, keys: Iterable[str] | None = None) -> SettingsState:
        """Return values as they are set, of all or of the named keys; raises SettingsInvalid for an unknown one."""
        wanted = list(NAMES if keys is None else keys)
        for key in wanted:
            known(key)
        values = msgspec.to_builtins(self._configured())
        return SettingsState(
            settings={key: values[key] for key in wanted},
            sources={key: self._origin(key) for key in wanted},
            path=str(self.path),
        )

    def set(self, values: Mapping[str, Any], *, persist: bool = True) -> SettingsApplied:
        """Change settings, all or none; without `persist` they hold until the process ends.

        Raises SettingsInvalid for a value that cannot be, for a persisted one that the environment or an argument
        overrules, and for one that waits for a restart and is not persisted: neither would ever hold. Raises DiskFull
        or OutputUnwritable when the file cannot be written; nothing is changed then.
        """
        new = checked(values)
        for key in new:
            self._check_can_hold(key, persist=persist)
        before = self._configured()
        if persist:
            self._persist(new)
        else:
            self._arguments |= new
        after = self._configured()
        changed = [key for key, name in NAMES.items() if getattr(before, name) != getattr(after, name)]
        live = [key for key in new if key not in NEED_RESTART]
        self.current = msgspec.structs.replace(self.current, **{NAMES[key]: getattr(after, NAMES[key]) for key in live})
        for watcher in self._watchers:
            watcher(self.current)
        settings = msgspec.to_builtins(after)
        if changed and self._events is not None:
            in_force = msgspec.to_builtins(self.current)
            self._events.publish("settings.changed", SettingsChanged(keys=changed, settings=in_force))
        waiting = [k for k in new if k in NEED_RESTART and getattr(after, NAMES[k]) != getattr(self.current, NAMES[k])]
        return SettingsApplied(
            settings=settings, applied=[key for key in new if key not in waiting], need_restart=waiting
        )

    def _persist(self, new: Mapping[str, Any]) -> None:
        # Another sidecar of this user may have written since: only our keys are changed.
        values = read_settings(self.path).values | dict(new)
        write_settings(self.path, values)
        self._file = self._file | dict(new)

    def _configured(self) -> Settings:
        merged = {**self._file, **self._environment, **self._arguments}
        return Settings(**{NAMES[key]: value for key, value in merged.items()})

    def _origin(self, key: str) -> Origin:
        if key in self._arguments:
            return "argument"
        if key in self._environment:
            return "environment"
        return "file" if key in self._file else "default"

    def _check_can_hold(self, key: str, *, persist: bool) -> None:
        if not persist and key in NEED_RESTART:
            raise SettingsInvalid(
                key=key, detail="is read only at the start", suggestion="Set it with persist, then restart"
            )
        overruled = {"argument": "an argument", "environment": environment_name(key)}.get(self._origin(key))
        if persist and overruled is not None:
            raise SettingsInvalid(
                key=key,
                detail=f"is given by {overruled}, which comes before the settings file",
                suggestion="Set it without persist, or start the sidecar without that",
            )
