"""What the page may do: methods by name, paths by where they lead. What is not allowed is denied."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote_to_bytes

from frontend.naming import Access, Named, named, shown
from frontend.opened import OPENING, OpenProjects
from protocol.errors import InvalidParams, PermissionDenied

METHODS = (
    "alerts.*",
    "cache.*",
    "effects.list",
    "events.*",
    "ffmpeg.capabilities",
    "fonts.list",
    "gpu.*",
    "layouts.list",
    "media.*",
    "metrics.*",
    "preview.*",
    "project.*",
    "render.*",
    "settings.*",
    "styles.list",
    "system.*",
    "titles.list",
    "transitions.list",
)
"""What a page may call. It opens and ends no sidecar: the shell does that."""

SETTINGS = frozenset(
    {
        "autosaveSeconds",
        "cacheDiskBytes",
        "cacheKinds",
        "cacheMemoryBytes",
        "hardware",
        "keepFinishedJobs",
        "locale",
        "logLevel",
        "maxJobs",
        "minFreeDiskBytes",
        "previewQuality",
        "proxyHeight",
        "workers",
    }
)
"""Settings that a page may change: none that names a program, a folder or a port."""


class Capabilities:
    """Folders and files that the page may read and write; dialogs and dropped files add to them. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._roots: dict[Access, set[Path]] = {"read": set(), "write": set()}
        self._projects = OpenProjects()

    def allow(self, path: str | os.PathLike[str], *, write: bool = False) -> None:
        """Let it read a file, or all below a folder; and write it too."""
        root = Path(path).resolve()
        with self._lock:
            self._roots["read"].add(root)
            if write:
                self._roots["write"].add(root)

    def roots(self) -> dict[str, list[str]]:
        """Return what is allowed now, as `initialize` answers it."""
        with self._lock:
            return {access: sorted(map(str, roots)) for access, roots in self._roots.items()}

    def check(self, method: str, params: Mapping[str, Any]) -> None:
        """Raise PermissionDenied where the page may not do this; InvalidParams for a patch that hides a path."""
        if not any(fnmatchcase(method, allowed) for allowed in METHODS):
            raise PermissionDenied(path=method, access="call")
        if method == "settings.set":
            self._check_settings(params.get("settings"))
        if method == "project.save" and not params.get("path"):
            self._check_saving(params.get("project"))
        self._check(dict.fromkeys(named(method, params, self._projects.base(params.get("projectId")))))

    def check_path(self, path: str, access: Access = "read") -> Path:
        """Return where a path leads; raises PermissionDenied where the page may not."""
        return self._inside(Named(path, access, None))

    def sent(self, method: str, params: Mapping[str, Any]) -> None:
        """Take note of a request that goes to the sidecar; one of NOTED is to be `answered` or `refused`."""
        self._projects.sent(method, params)

    def answered(self, method: str, params: Mapping[str, Any], result: Any) -> None:
        """Take note of the answer to a request of NOTED."""
        try:
            if method in OPENING:
                self._opened(params, result)
            elif method == "project.save":
                self._projects.saved(params, result)
        finally:
            self._projects.settled(method, params, kept=False)

    def refused(self, method: str, params: Mapping[str, Any], kind: str | None) -> None:
        """Take note that a request of NOTED failed, with an error of this kind."""
        # Whatever else it fails with, such as a cancellation, may come after it was closed.
        self._projects.settled(method, params, kept=kind == "projectConflict")

    def lost(self) -> None:
        """Take note that the sidecar has ended, and no project is open."""
        self._projects.lost()

    def _opened(self, params: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """What a project plays may be read from now on."""
        base = self._projects.opened(params, result)
        found = set()
        for each in dict.fromkeys(shown(result["project"], base)):
            with suppress(OSError, ValueError, RuntimeError):  # nothing can be read there by anybody
                found.add(_located(each))
        with self._lock:
            self._roots["read"] |= found

    def _check_saving(self, project: Any) -> None:
        """Raise PermissionDenied unless the file that a project came from may be written, for that is what is."""
        if not isinstance(project, dict):
            return
        if isinstance(project.get("path"), str):
            self._inside(Named(project["path"], "write", None))
        if project.get("id") is not None:
            file = self._projects.file(project["id"])
            if file is None:
                raise InvalidParams(
                    detail="nothing is known of a file that it came from: it needs a path", path="/path"
                )
            self._inside(Named(file, "write", None))

    def _check_settings(self, settings: Any) -> None:
        for key in settings if isinstance(settings, dict) else ():
            if key not in SETTINGS:
                raise PermissionDenied(path=key, access="set")

    def _check(self, paths: Iterable[Named]) -> None:
        for each in paths:
            self._inside(each)

    def _inside(self, each: Named) -> Path:
        try:
            found = _located(each)
        except (OSError, ValueError, RuntimeError) as error:
            raise PermissionDenied(path=each.path, access=each.access) from error
        with self._lock:
            roots = self._roots[each.access]
            if roots.isdisjoint((found, *found.parents)):
                raise PermissionDenied(path=each.path, access=each.access)
        return found


def _located(each: Named) -> Path:
    """Return where a path leads once links are followed; raises ValueError for one that starts nowhere."""
    path = Path(each.path) if each.access == "write" else _local(each.path)
    if not path.is_absolute():
        if each.base is None or not os.path.isabs(each.base):  # noqa: PTH117 - the text is not one yet
            raise ValueError("a relative path")
        path = Path(each.base) / path
    return path.resolve()


def _local(text: str) -> Path:
    """Return the path that a text or a `file:` URL of this machine names: names that are no Unicode come as those."""
    if not text.lower().startswith("file:"):
        return Path(text)
    written = text[len("file:") :]
    if written.startswith("//"):
        host, slash, rest = written[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            raise ValueError("another host")
        written = slash + rest
    if ".." in written.split("/"):
        # Where a path alone is taken, this text is one too, of folders that are not what they say: it leads elsewhere.
        raise ValueError("a URL that goes up")
    return Path(os.fsdecode(unquote_to_bytes(written)))
