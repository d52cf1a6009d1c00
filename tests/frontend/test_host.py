"""What a page asks of the shell: dialogs, recent projects, the window, what is remembered."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

import msgspec
import pytest

from frontend.capabilities import Capabilities
from frontend.dialogs import PATTERNS, Dialogs
from frontend.host import MOST_BYTES, Host
from frontend.recents import MOST, add_recent, allow_known, recents
from frontend.state import State, state_file
from protocol.errors import PermissionDenied
from tests.harness.patience import PATIENCE


class Person:
    """Chooses what it was told to, and notes what it was shown."""

    def __init__(self) -> None:
        self.chooses: list[str] = []
        self.shown: list[Any] = []
        self.overwrites = False

    def open(self, filters: Sequence[str], folder: str, *, multiple: bool) -> Sequence[str]:
        self.shown.append((list(filters), folder, multiple))
        return self.chooses or [""]

    def save(self, suggested: str, folder: str, filters: Sequence[str]) -> str:
        self.shown.append((suggested, folder, list(filters)))
        return self.chooses.pop(0) if self.chooses else ""

    def overwrite(self, path: str) -> bool:
        self.shown.append(path)
        return self.overwrites

    def folder(self, folder: str) -> str:
        self.shown.append(folder)
        return self.chooses[0] if self.chooses else ""


class Window:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def title(self, text: str, *, dirty: bool) -> None:
        self.done.append((text, dirty))

    def close(self) -> None:
        self.done.append("close")

    def reveal(self, folder: Path) -> None:
        self.done.append(folder)


class Desk:
    """A host, and everything around it."""

    def __init__(self, folder: Path, argument: Path | None = None) -> None:
        self.person, self.window, self.capabilities = Person(), Window(), Capabilities()
        self.state = State(folder / "state" / "studio.json")
        dialogs = Dialogs(self.person, self.capabilities)
        self.host = Host(self.window, dialogs, self.state, self.capabilities, argument)

    def call(self, method: str, **params: Any) -> Any:
        return self.raw(method, msgspec.json.encode(params).decode())

    def raw(self, method: str, params: str) -> Any:
        answers: SimpleQueue[Any] = SimpleQueue()
        self.host.call(method, params, answers.put)
        answer = answers.get(timeout=PATIENCE)
        return answer["result"] if "result" in answer else answer["error"]["data"]["kind"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_files_that_are_chosen_may_be_read_and_projects_written(desk: Desk, tmp_path: Path) -> None:
    clips = [str(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    desk.person.chooses = clips
    assert desk.call("dialog.open", kinds=["media"], multiple=True) == clips
    assert desk.capabilities.roots() == {"read": clips, "write": []}
    project = str(tmp_path / "film.json")
    desk.person.chooses = [project]
    assert desk.call("dialog.open", kinds=["project", "any"]) == [project]
    assert desk.capabilities.roots()["write"] == [project]
    filters, folder, multiple = desk.person.shown[1]
    assert filters == ["Projects (*.json *)", "Projects (*.json)", "All files (*)"]
    assert (folder, multiple) == (str(tmp_path), False)


def test_what_is_no_project_is_not_written_because_it_was_opened_as_one(desk: Desk, tmp_path: Path) -> None:
    clip, link = tmp_path / "clip.mp4", tmp_path / "link.json"
    clip.touch()
    link.symlink_to(clip)
    for path in (clip, link):
        desk.person.chooses = [str(path)]
        desk.call("dialog.open", kinds=["project", "any"])
    assert desk.capabilities.roots() == {"read": [str(clip)], "write": []}


def test_a_project_is_saved_by_a_name_that_ends_as_theirs_do(desk: Desk, tmp_path: Path) -> None:
    desk.person.chooses = [str(tmp_path / "film")]
    assert desk.call("dialog.save", suggested="Film.json", kinds=["project"]) == str(tmp_path / "film.json")
    assert desk.capabilities.roots()["write"] == [str(tmp_path / "film.json")]
    assert desk.person.shown == [("Film.json", str(Path.home()), ["Projects (*.json)"])]
    desk.person.chooses = [str(tmp_path / "a.v2.JSON")]
    assert desk.call("dialog.save", suggested="Film.json", kinds=["project"]) == str(tmp_path / "a.v2.JSON")


def test_nothing_is_overwritten_by_a_name_that_nobody_typed(desk: Desk, tmp_path: Path) -> None:
    there = tmp_path / "film.json"
    there.touch()
    desk.person.chooses = [str(tmp_path / "film"), str(tmp_path / "other")]
    assert desk.call("dialog.save", suggested="x", kinds=["project"]) == str(tmp_path / "other.json")
    assert desk.person.shown[1:] == [str(there), ("film.json", str(tmp_path), ["Projects (*.json)"])]
    assert desk.capabilities.roots()["write"] == [str(tmp_path / "other.json")]
    desk.person.chooses, desk.person.overwrites = [str(tmp_path / "film")], True
    assert desk.call("dialog.save", suggested="x", kinds=["project"]) == str(there)


def test_every_kind_has_a_filter_and_others_are_refused(desk: Desk) -> None:
    for kind, (title, names) in PATTERNS.items():
        desk.call("dialog.open", kinds=[kind])
        assert desk.person.shown.pop()[0] == [f"{title} ({names})"]
    assert desk.call("dialog.open", kinds=["secrets"]) == "invalidParams"
    assert desk.call("dialog.open", kinds=[]) == "invalidParams"


def test_a_dialog_that_is_closed_gives_nothing(desk: Desk) -> None:
    assert desk.call("dialog.open", kinds=["media"]) == []
    assert desk.call("dialog.save", suggested="film.mp4") is None
    assert desk.call("dialog.folder") is None
    assert desk.capabilities.roots() == {"read": [], "write": []}


def test_a_file_that_is_named_may_be_written_and_a_folder_read(desk: Desk, tmp_path: Path) -> None:
    desk.person.chooses = [str(tmp_path / "out.mp4")]
    assert desk.call("dialog.save", suggested="/etc/passwd", kinds=["any"]) == str(tmp_path / "out.mp4")
    assert desk.person.shown[0][0] == "passwd"
    desk.capabilities.check("render.start", {"output": str(tmp_path / "out.mp4")})
    desk.person.chooses = [str(tmp_path)]
    assert desk.call("dialog.folder") == str(tmp_path)
    desk.capabilities.check("project.relink", {"folders": [str(tmp_path)]})
    with pytest.raises(PermissionDenied):
        desk.capabilities.check("render.start", {"output": str(tmp_path / "b.mp4")})


def test_a_name_that_is_no_unicode_comes_as_a_url(desk: Desk, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")
    desk.person.chooses = [odd]
    (chosen,) = desk.call("dialog.open", kinds=["media"])
    assert chosen == f"{tmp_path.as_uri()}/caf%E9.mp4"
    desk.capabilities.check("media.probe", {"path": chosen})


def test_recent_projects_are_those_the_page_may_write(desk: Desk, tmp_path: Path) -> None:
    assert desk.call("recent.list") == []
    assert desk.call("recent.add", path="/etc/passwd") == "permissionDenied"
    desk.capabilities.allow(tmp_path)
    assert desk.call("recent.add", path=str(tmp_path / "0.json")) == "permissionDenied"
    desk.capabilities.allow(tmp_path, write=True)
    paths = [tmp_path / f"{n}.json" for n in range(MOST + 2)]
    for path in paths:
        path.touch()
        assert desk.call("recent.add", path=str(path)) is None
    newest = [str(path) for path in reversed(paths)][:MOST]
    assert desk.call("recent.list") == newest
    desk.call("recent.add", path=newest[3])
    Path(newest[0]).unlink()
    again = recents(State(tmp_path / "state" / "studio.json"))
    assert again == [newest[3], newest[1], newest[2], *newest[4:]]


def test_at_the_next_start_projects_may_be_written_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    clip, film, folder = tmp_path / "clip.mp4", tmp_path / "film.json", tmp_path / "films"
    folder.mkdir()
    for path in (clip, film):
        path.touch()
        add_recent(desk.state, path)
    allow_known(desk.capabilities, desk.state, folder)
    assert desk.capabilities.roots() == {"read": [str(clip), str(film)], "write": [str(film)]}
    allow_known(desk.capabilities, desk.state, tmp_path / "new")
    assert desk.capabilities.roots()["write"] == [str(film), str(tmp_path / "new")]


def test_a_disk_that_hangs_holds_up_nothing_but_its_own_kind(desk: Desk, tmp_path: Path) -> None:
    desk.capabilities.allow(tmp_path)
    awake, answers = Event(), SimpleQueue[Any]()
    desk.window.reveal = lambda _folder: awake.wait(PATIENCE)  # type: ignore[method-assign,assignment]
    desk.host.call("shell.reveal", msgspec.json.encode({"path": str(tmp_path)}).decode(), answers.put)
    desk.host.call("recent.list", "{}", answers.put)
    assert desk.call("shell.arguments") == {"path": None}
    assert answers.empty()
    awake.set()
    assert [answers.get(timeout=PATIENCE)["result"] for _ in range(2)] == [None, []]


def test_the_window_and_folders(desk: Desk, tmp_path: Path) -> None:
    desk.call("window.title", text="Film", dirty=True)
    desk.call("window.close")
    assert desk.call("shell.reveal", path=str(tmp_path)) == "permissionDenied"
    desk.capabilities.allow(tmp_path)
    (tmp_path / "a.mp4").touch()
    desk.call("shell.reveal", path=str(tmp_path / "a.mp4"))
    desk.call("shell.reveal", path=str(tmp_path))
    assert desk.window.done == [("Film", True), "close", tmp_path, tmp_path]


def test_what_the_page_remembers_is_there_the_next_time(desk: Desk, tmp_path: Path) -> None:
    assert desk.call("state.get", key="theme") is None
    desk.call("state.set", key="theme", value={"name": "dark", "ü": [1, None]})
    desk.call("state.set", key="gone", value=1)
    desk.call("state.set", key="gone", value=None)
    assert desk.call("state.set", key="big", value="x" * MOST_BYTES) == "invalidParams"
    again = Desk(tmp_path)
    assert again.call("state.get", key="theme") == {"name": "dark", "ü": [1, None]}
    assert again.call("state.get", key="gone") is None
    assert again.call("recent.list") == []
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["studio.json"]


def test_the_argument_is_told(desk: Desk, tmp_path: Path) -> None:
    assert desk.call("shell.arguments") == {"path": None}
    assert Desk(tmp_path, tmp_path / "a.json").call("shell.arguments") == {"path": str(tmp_path / "a.json")}


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("no.such", "{}", "methodNotFound"),
        ("__class__", "{}", "methodNotFound"),
        ("state.get", "{}", "invalidParams"),
        ("state.get", '{"key":1}', "invalidParams"),
        ("state.get", '{"key":"a","other":1}', "invalidParams"),
        ("state.get", "{", "invalidParams"),
        ("recent.add", '{"path":"\\u0000"}', "permissionDenied"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, method: str, params: str, kind: str) -> None:
    assert desk.raw(method, params) == kind


def test_a_fault_is_an_answer_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.person, "folder", lambda _folder: 1 / 0)
    assert desk.call("dialog.folder") == "internal"


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"recent": [1, "a"], "page.x": 1}'])
def test_a_damaged_file_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "studio.json"
    path.write_bytes(content)
    state = State(path)
    add_recent(state, path)
    assert recents(State(path)) == [str(path)]


def test_a_folder_that_cannot_be_written_is_none_either(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = State(tmp_path / "file" / "studio.json")
    state.set("a", 1)
    assert state.get("a") == 1


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_DIR", str(tmp_path))
    assert state_file() == tmp_path / "studio.json"
    monkeypatch.delenv("STUDIO_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert state_file() == tmp_path / "config" / "video-compiler-sidecar" / "studio.json"
