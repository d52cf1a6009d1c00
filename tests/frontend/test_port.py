"""What the shell says to a document and not to the next one; needs Qt, and no window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from frontend.state import State
from tests.harness.web_view import INSTALLED

if INSTALLED:
    from PySide6.QtCore import QObject, QUrl

    from frontend import shell as shells
    from frontend.port import Port
    from frontend.shell import Shell

    class Page:
        """Answers the document before while it makes room for the next."""

        def __init__(self) -> None:
            self.port: Any = None

        def renew(self) -> None:
            self.port.post("an answer of the one before")

    def test_what_was_meant_for_a_document_is_not_kept_for_the_next() -> None:
        page: Any = Page()
        parent = QObject()
        page.port = Port(page, lambda: QUrl("http://127.0.0.1:1/"), parent)
        page.port.serve("http://127.0.0.1:1")
        page.port.hello("next")
        assert page.port._entries == []
        assert page.port._document == "next"

    def test_a_call_of_a_document_is_not_answered_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        posted: list[Any] = []
        answers: list[Callable[[Mapping[str, Any]], None]] = []
        window = SimpleNamespace(asked=None, post=posted.append)
        monkeypatch.setattr(shells, "StudioWindow", lambda _owner, _state: window)
        shell = Shell(State(tmp_path / "studio.json"), None)
        monkeypatch.setattr(shell._host, "call", lambda _method, _params, answer: answers.append(answer))
        shell.call(1, "dialog.folder", "{}")
        shell.renew()
        shell.call(1, "recent.list", "{}")
        for answer, result in zip(answers, ("/of/the/old", []), strict=True):
            answer({"result": result})
        assert posted == [{"call": 1, "result": []}]
