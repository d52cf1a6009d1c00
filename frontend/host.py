"""What the page asks of the shell itself: dialogs, recent projects, the window, folders, what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock, Thread
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from frontend.capabilities import Capabilities
from frontend.dialogs import Dialogs, as_text
from frontend.recents import add_recent, recents
from frontend.state import State
from protocol.errors import Internal, InvalidParams, MethodNotFound, SidecarError
from protocol.model import Model
from protocol.params import invalid
from protocol.typed import ready

Key = Annotated[str, Meta(min_length=1, max_length=64)]

MOST_BYTES = 256 * 1024
"""Of one value that the page has remembered."""

ON_DISKS = frozenset({"recent.add", "recent.list", "shell.reveal"})
"""Methods that look at files of the person's, which may lie on a disk that sleeps or a network that hangs."""

KEPT = "page."
"""Before the names of the page's own values."""


class Nothing(Model):
    """No params."""


class Open(Model):
    """Kinds of file, see `frontend.dialogs.Kind`."""

    kinds: list[str]
    multiple: bool = False


class Save(Model):
    """The name that is suggested; `kinds` as in Open, or none."""

    suggested: str
    kinds: list[str] = []


class OfPath(Model):
    """A path that the page may use."""

    path: str


class Title(Model):
    """What the title says; `dirty`: closing the window loses edits, so the page is asked first."""

    text: Annotated[str, Meta(max_length=500)]
    dirty: bool = False


class OfKey(Model):
    """A name of the page's own."""

    key: Key


class Remember(Model):
    """A value of the page's own, any JSON; null forgets it."""

    key: Key
    value: Any = None


class Window(Protocol):
    """What a host does to the window that the page is in. May be called from any thread."""

    def title(self, text: str, *, dirty: bool) -> None: ...
    def close(self) -> None: ...
    def reveal(self, folder: Path) -> None: ...


class Host:
    """Answers calls of the page.

    Those that wait for a person have a thread each, one at a time; those that wait for a disk share one, in order.
    """

    def __init__(
        self,
        window: Window,
        dialogs: Dialogs,
        state: State,
        capabilities: Capabilities,
        argument: Path | None,
    ) -> None:
        self._window = window
        self._dialogs = dialogs
        self._state = state
        self._capabilities = capabilities
        self._argument = argument
        self._asking = Lock()
        self._disks = ThreadPoolExecutor(1, "disks")
        self._methods: dict[str, tuple[type[Model], Callable[[Any], Any]]] = {
            "dialog.open": (Open, lambda params: self._dialogs.open(params.kinds, multiple=params.multiple)),
            "dialog.save": (Save, lambda params: self._dialogs.save(params.suggested, params.kinds)),
            "dialog.folder": (Nothing, lambda _: self._dialogs.folder()),
            "recent.list": (Nothing, lambda _: recents(self._state)),
            "recent.add": (OfPath, self._add_recent),
            "window.title": (Title, lambda params: self._window.title(params.text, dirty=params.dirty)),
            "window.close": (Nothing, lambda _: self._window.close()),
            "shell.reveal": (OfPath, self._reveal),
            "shell.arguments": (Nothing, self._arguments),
            "state.get": (OfKey, lambda params: self._state.get(KEPT + params.key)),
            "state.set": (Remember, self._remember),
        }
        for params, _ in self._methods.values():
            ready(params)

    @property
    def methods(self) -> frozenset[str]:
        """Every method, by name."""
        return frozenset(self._methods)

    def call(self, method: str, params: str, answer: Callable[[Mapping[str, Any]], None]) -> None:
        """Do what is asked; `answer` is given `{"result"}` or `{"error"}`, now or from another thread."""

        def run() -> None:
            answer(self._answered(method, params))

        if method.startswith("dialog."):
            Thread(target=self._one_at_a_time, args=(run,), name=method, daemon=True).start()
        elif method in ON_DISKS:
            self._disks.submit(run)
        else:
            run()

    def _one_at_a_time(self, run: Callable[[], None]) -> None:
        with self._asking:
            run()

    def _answered(self, method: str, params: str) -> dict[str, Any]:
        try:
            return {"result": self._result(method, params)}
        except SidecarError as refused:
            error = refused
        except Exception as fault:  # noqa: BLE001 - whatever fails is this one call, and ends nothing else
            error = Internal(message=f"{method} failed: {fault!r}")
        return {"error": {"code": error.code, "message": error.message, "data": msgspec.to_builtins(error.data(""))}}

    def _result(self, method: str, params: str) -> Any:
        if method not in self._methods:
            raise MethodNotFound(method=method)
        kind, run = self._methods[method]
        try:
            given = msgspec.json.decode(params, type=kind)
        except msgspec.ValidationError as error:
            raise invalid(str(error)) from error
        except (ValueError, RecursionError) as error:
            raise InvalidParams(detail=str(error)) from error
        return run(given)

    def _add_recent(self, params: OfPath) -> None:
        # It may be written after the next start, so it has to be something that may be written now.
        add_recent(self._state, self._capabilities.check_path(params.path, "write"))

    def _reveal(self, params: OfPath) -> None:
        path = self._capabilities.check_path(params.path)
        self._window.reveal(path if path.is_dir() else path.parent)

    def _arguments(self, _: Nothing) -> dict[str, str | None]:
        return {"path": None if self._argument is None else as_text(str(self._argument))}

    def _remember(self, params: Remember) -> None:
        size = len(msgspec.json.encode(params.value))
        if size > MOST_BYTES:
            raise InvalidParams(detail=f"{size} bytes, {MOST_BYTES} are kept", path="/value")
        self._state.set(KEPT + params.key, params.value)
