"""Messages between a page and a sidecar: ids, progress and subscriptions over reloads and crashes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from frontend.bridge import STARTING, Bridge
from frontend.capabilities import Capabilities
from protocol.framing import MAX_MESSAGE
from tests.harness.patience import PATIENCE

INITIALIZED = {"schemaHash": "abc", "http": {"origin": "http://127.0.0.1:1", "token": "secret"}, "granted": None}


class Ends:
    """A bridge with both its ends in hand."""

    def __init__(self) -> None:
        self.page: list[Any] = []
        self.sidecar: list[Any] = []
        self.capabilities = Capabilities()
        self.bridge = Bridge(self.capabilities, lambda text: self.page.append(msgspec.json.decode(text)))

    def start(self) -> None:
        self.bridge.ready(INITIALIZED, lambda body: self.sidecar.append(msgspec.json.decode(body)))

    def open(self, id: Any = 0) -> Any:
        self.call("initialize", {"protocol": 1}, id)
        return self.page.pop()

    def call(self, method: str, params: Any = None, id: Any = 1) -> None:
        body = {"jsonrpc": "2.0", "id": id, "method": method, "params": {} if params is None else params}
        self.bridge.send(msgspec.json.encode(body).decode())

    def notify(self, method: str, params: Any) -> None:
        self.bridge.send(msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params}).decode())

    def answer(self, asked: Any, result: Any) -> None:
        self.say({"id": asked["id"], "result": result})

    def say(self, message: Any) -> None:
        self.bridge.message(msgspec.json.encode({"jsonrpc": "2.0", **message}))

    def event(self, subscription: str) -> None:
        self.say(
            {"method": "$/event", "params": {"subscription": subscription, "topic": "log", "seq": 1, "payload": {}}}
        )


@pytest.fixture
def ends() -> Ends:
    ends = Ends()
    ends.start()
    assert ends.open()["result"]["schemaHash"] == "abc"
    return ends


def film(path: str) -> dict[str, Any]:
    project = {"media": [{"id": "m", "path": "clip.mp4"}]}
    return {"projectId": "p", "project": project, "file": {"path": path}}


def adding(path: str) -> dict[str, Any]:
    return {"projectId": "p", "patch": [{"op": "add", "path": "/media/-", "value": {"path": path}}]}


def kinds(answers: list[Any]) -> list[tuple[Any, str]]:
    return [(each["id"], each["error"]["data"]["kind"]) for each in answers]


def test_a_page_is_opened_by_the_shell_and_learns_no_token(ends: Ends) -> None:
    ends.capabilities.allow("/films")
    answer = ends.open(7)
    assert answer["id"] == 7
    assert answer["result"]["http"] == {"origin": "http://127.0.0.1:1", "token": ""}
    assert answer["result"]["granted"] == {"read": ["/films"], "write": []}
    assert answer["result"]["schemaMatches"] is None
    assert ends.sidecar == []
    for own, matches in (("abc", True), ("x", False)):
        ends.call("initialize", {"schemaHash": own})
        assert ends.page.pop()["result"]["schemaMatches"] is matches


def test_a_page_that_is_there_first_waits(ends: Ends) -> None:
    early = Ends()
    early.call("initialize")
    early.call("system.info", id=2)
    assert kinds(early.page) == [(2, "connectionLost")]
    assert STARTING in early.page.pop()["error"]["message"]
    early.start()
    assert [each["id"] for each in early.page] == [1]
    assert early.page[0]["result"] == {**ends.open()["result"]}


@pytest.mark.parametrize("id", [0, 1, -5, "x", "1", 1.5, None, "\u2028😀\x00"])
def test_ids_come_back_as_they_were(ends: Ends, id: Any) -> None:
    ends.call("system.info", {"deep": [1.0, 2**53, "ü"]}, id)
    (asked,) = ends.sidecar
    assert asked["params"] == {"deep": [1.0, 2**53, "ü"]}
    result = {"a": 1.0, "b": [None, "\u2028😀"], "big": 2**60}
    ends.answer(asked, result)
    assert ends.page == [{"jsonrpc": "2.0", "id": id, "result": result}]
    assert type(ends.page[0]["id"]) is type(id)


def test_an_error_comes_back_whole(ends: Ends) -> None:
    ends.call("system.info")
    error = {"code": 1201, "message": "There is no file", "data": {"kind": "mediaNotFound", "later": [1]}}
    ends.say({"id": ends.sidecar[0]["id"], "error": error})
    assert ends.page == [{"jsonrpc": "2.0", "id": 1, "error": error}]


def test_what_is_denied_never_reaches_the_sidecar(ends: Ends, tmp_path: Path) -> None:
    ends.call("ffmpeg.command", {}, 1)
    ends.call("media.probe", {"path": "/etc/passwd"}, 2)
    ends.call("exit", {}, 3)
    ends.call("no.such", {}, 4)
    assert kinds(ends.page) == [(n, "permissionDenied") for n in (1, 2, 3, 4)]
    assert ends.page[1]["error"]["data"]["context"] == {"path": "/etc/passwd", "access": "read"}
    ends.notify("exit", {})
    ends.notify("events.unsubscribe", {})
    assert ends.sidecar == []
    ends.capabilities.allow(tmp_path)
    ends.call("media.probe", {"path": str(tmp_path / "a")})
    assert len(ends.sidecar) == 1


def test_of_a_member_that_is_there_twice_the_one_that_was_looked_at_is_sent(ends: Ends, tmp_path: Path) -> None:
    ends.capabilities.allow(tmp_path)
    inside = f'{{"path":"/etc/passwd","path":{msgspec.json.encode(str(tmp_path)).decode()}}}'
    ends.bridge.send(f'{{"jsonrpc":"2.0","id":1,"method":"media.probe","params":{inside}}}')
    assert ends.sidecar[0]["params"] == {"path": str(tmp_path)}
    outside = f'{{"path":{msgspec.json.encode(str(tmp_path)).decode()},"path":"/etc/passwd"}}'
    ends.bridge.send(f'{{"jsonrpc":"2.0","id":2,"method":"media.probe","params":{outside}}}')
    assert kinds(ends.page) == [(2, "permissionDenied")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", (None, "parse")),
        ("\ud800", (None, "parse")),
        ('{"jsonrpc":"2.0","id":3,"method":"system.info","params":null}', (3, "invalidRequest")),
        (
            '{"jsonrpc":"2.0","id":3,"method":"system.info","params":{"a":' + "[" * 5_000 + "]" * 5_000 + "}}",
            (None, "parse"),
        ),
        ('[{"jsonrpc":"2.0","id":3,"method":"system.info"}]', (None, "invalidRequest")),
        ('"' + "x" * MAX_MESSAGE + '"', (None, "messageTooLarge")),
    ],
    ids=["cut", "surrogate", "params", "deep", "batch", "large"],
)
def test_nonsense_is_answered(ends: Ends, text: str, expected: tuple[Any, str]) -> None:
    ends.bridge.send(text)
    assert kinds(ends.page) == [expected]
    assert ends.sidecar == []


def test_answers_to_nothing_are_nothing(ends: Ends) -> None:
    ends.bridge.send('{"jsonrpc":"2.0","id":3,"result":{}}')
    ends.say({"id": "page-99", "result": {}})
    ends.say({"method": "$/later", "params": {}})
    ends.bridge.message(b"\xff")
    assert ends.page == []


def test_a_request_is_cancelled_by_its_own_id(ends: Ends) -> None:
    ends.call("system.info", id=1)
    ends.call("system.info", id="1")
    for wanted in ("1", 2, None):
        ends.notify("$/cancelRequest", {"id": wanted})
    ends.notify("$/cancelRequest", [])
    assert [each["method"] for each in ends.sidecar] == ["system.info", "system.info", "$/cancelRequest"]
    assert ends.sidecar[2]["params"] == {"id": ends.sidecar[1]["id"]}


def test_progress_comes_under_the_pages_token(ends: Ends) -> None:
    ends.call("media.filmstrip", {"progressToken": 0}, 4)
    asked = ends.sidecar[0]
    value = {"kind": "report", "done": 1}
    ends.say({"method": "$/progress", "params": {"token": asked["params"]["progressToken"], "value": value}})
    assert ends.page == [{"jsonrpc": "2.0", "method": "$/progress", "params": {"token": 0, "value": value}}]
    ends.answer(asked, {})
    ends.say({"method": "$/progress", "params": {"token": asked["params"]["progressToken"], "value": value}})
    assert len(ends.page) == 2


def test_what_waits_is_answered_when_the_sidecar_is_lost(ends: Ends) -> None:
    for n in range(3):
        ends.call("system.info", id=n)
    ends.bridge.lost("it was killed", over=False)
    ends.call("system.info", id=3)
    assert kinds(ends.page) == [(n, "connectionLost") for n in range(4)]
    assert all(each["error"]["data"]["context"] == {"detail": "it was killed"} for each in ends.page)
    assert ends.page[0]["error"]["data"]["retryable"]
    ends.page.clear()
    before = list(ends.sidecar)
    ends.call("initialize", id=0)
    assert ends.page == []
    ends.start()
    assert [each["id"] for each in ends.page] == [0]
    ends.answer(before[0], {})  # from the one before: nobody's
    ends.call("system.info", id=5)
    ends.answer(ends.sidecar[-1], {"pid": 1})
    assert ends.page[1:] == [{"jsonrpc": "2.0", "id": 5, "result": {"pid": 1}}]


def test_once_it_is_over_nothing_waits(ends: Ends) -> None:
    ends.bridge.lost("again", over=False)
    ends.call("initialize", id=1)
    ends.bridge.lost("too often", over=True)
    ends.call("initialize", id=2)
    ends.call("system.info", id=3)
    assert kinds(ends.page) == [(n, "connectionLost") for n in (1, 2, 3)]


def test_a_new_document_hears_nothing_of_the_old_ones(ends: Ends) -> None:
    ends.call("media.filmstrip", {"progressToken": 1}, 1)
    ends.call("events.subscribe", {"topics": ["log"]}, 2)
    ends.call("events.subscribe", {"topics": ["log"]}, 3)
    strip, subscribed, late = ends.sidecar
    ends.answer(subscribed, {"subscription": "s1", "seq": 0, "snapshots": {}})
    ends.event("s1")
    assert len(ends.page) == 2
    ends.page.clear()
    ends.sidecar.clear()

    ends.bridge.renew()
    assert [each["method"] for each in ends.sidecar] == ["$/cancelRequest", "$/cancelRequest", "events.unsubscribe"]
    assert [each["params"] for each in ends.sidecar] == [
        {"id": strip["id"]},
        {"id": late["id"]},
        {"subscription": "s1"},
    ]
    ends.call("system.info", id=1)
    ends.event("s1")
    ends.say({"method": "$/progress", "params": {"token": strip["params"]["progressToken"], "value": {"kind": "end"}}})
    ends.answer(strip, {"old": True})
    ends.answer(late, {"subscription": "s2", "seq": 0, "snapshots": {}})
    ends.event("s2")
    assert ends.page == []
    assert ends.sidecar[-1]["method"] == "events.unsubscribe"
    assert ends.sidecar[-1]["params"] == {"subscription": "s2"}
    for asked in ends.sidecar[2], ends.sidecar[-1]:
        ends.answer(asked, {})
    ends.answer(ends.sidecar[3], {"new": True})
    assert ends.page == [{"jsonrpc": "2.0", "id": 1, "result": {"new": True}}]


def test_a_page_that_opens_its_connection_anew_is_a_new_one(ends: Ends) -> None:
    ends.call("system.info", id=1)
    ends.open(0)
    assert ends.sidecar[-1]["method"] == "$/cancelRequest"
    ends.answer(ends.sidecar[0], {})
    assert ends.page == []


def test_an_opened_project_may_be_looked_at(ends: Ends) -> None:
    ends.capabilities.allow("/films/a.json")
    ends.call("media.probe", {"path": "/films/clip.mp4"}, 1)
    assert kinds(ends.page) == [(1, "permissionDenied")]
    ends.call("project.load", {"path": "/films/a.json"}, 2)
    ends.answer(ends.sidecar[0], film("/films/a.json"))
    ends.call("media.probe", {"path": "/films/clip.mp4"}, 3)
    assert len(ends.sidecar) == 2


def test_an_edit_is_not_judged_by_where_the_project_was(ends: Ends) -> None:
    ends.capabilities.allow("/films")
    ends.call("project.load", {"path": "/films/a.json"}, 1)
    ends.answer(ends.sidecar[0], film("/films/a.json"))
    ends.call("project.close", {"projectId": "p", "discard": True}, 2)
    ends.call("project.open", {"project": {"id": "p"}, "basePath": "/etc"}, 3)
    ends.page.clear()
    ends.call("project.update", adding("passwd"), 4)
    for asked, result in ((ends.sidecar[1], {}), (ends.sidecar[2], {"projectId": "p", "project": {}})):
        ends.answer(asked, result)
        ends.call("project.update", adding("passwd"), 4)
    assert kinds([each for each in ends.page if "error" in each]) == [(4, "permissionDenied")] * 3
    assert [each["method"] for each in ends.sidecar] == ["project.load", "project.close", "project.open"]


def test_what_an_old_document_has_opened_is_known_to_the_new_one(ends: Ends) -> None:
    ends.capabilities.allow("/films")
    ends.call("project.load", {"path": "/films/a.json"}, 1)
    ends.bridge.renew()
    ends.call("project.update", adding("clip.mp4"), 2)
    assert kinds(ends.page) == [(2, "permissionDenied")]
    ends.page.clear()
    ends.answer(ends.sidecar[0], film("/elsewhere/a.json"))
    assert ends.page == []
    ends.call("project.update", adding("clip.mp4"), 3)
    ends.call("project.update", adding("other.mp4"), 4)
    assert ends.sidecar[-1]["method"] == "project.update"
    assert kinds(ends.page) == [(4, "permissionDenied")]


def test_of_another_sidecar_nothing_is_uncertain(ends: Ends) -> None:
    ends.capabilities.allow("/films")
    ends.call("project.load", {"path": "/films/a.json"}, 1)
    ends.bridge.lost("it was killed", over=False)
    ends.start()
    ends.call("project.load", {"path": "/films/a.json"}, 2)
    ends.answer(ends.sidecar[-1], film("/films/a.json"))
    ends.page.clear()
    ends.call("project.update", adding("clip.mp4"), 3)
    assert ends.page == []


def test_a_file_that_is_only_read_is_not_saved_to(ends: Ends) -> None:
    ends.capabilities.allow("/films")
    ends.call("project.load", {"path": "/films/a.json"}, 1)
    ends.answer(ends.sidecar[0], film("/films/a.json"))
    ends.page.clear()
    ends.call("project.save", {"project": {"id": "p"}}, 2)
    ends.call("project.save", {"project": {"path": "/films/a.json"}, "path": None}, 3)
    assert kinds(ends.page) == [(2, "permissionDenied"), (3, "permissionDenied")]
    ends.capabilities.allow("/films", write=True)
    ends.call("project.save", {"project": {"id": "p"}}, 4)
    assert ends.sidecar[-1]["method"] == "project.save"


@pytest.mark.parametrize(
    "message",
    [
        {"method": "$/progress", "params": {"token": [], "value": 1}},
        {"method": "$/progress", "params": []},
        {"method": "$/event", "params": {"subscription": 1}},
        {"method": "$/event", "params": []},
    ],
)
def test_what_cannot_be_understood_is_passed_over(
    ends: Ends, capsys: pytest.CaptureFixture[str], message: dict[str, Any]
) -> None:
    ends.say(message)
    assert ends.page == []
    assert "not understood" in capsys.readouterr().err


def test_answers_that_cannot_be_understood_are_the_pages(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    ends.capabilities.allow("/films")
    wrong: list[Any] = [{}, [], None, {"projectId": "p", "project": {}, "file": None}]
    for result in wrong:
        ends.call("project.load", {"path": "/films/a.json"}, 1)
        ends.answer(ends.sidecar[-1], result)
    ends.call("events.subscribe", {"topics": ["log"]}, 1)
    ends.answer(ends.sidecar[-1], {"subscription": 1})
    assert [each["result"] for each in ends.page] == [*wrong, {"subscription": 1}]
    assert capsys.readouterr().err.count("not understood") == 5


def test_looking_at_the_files_of_a_project_keeps_nobody_waiting(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    ends.capabilities.allow("/films")
    ends.call("project.load", {"path": "/films/a.json"}, 1)
    noted = ends.capabilities.answered

    def slow(*answer: Any) -> None:
        other = Thread(target=ends.call, args=("system.info",), daemon=True)
        other.start()
        other.join(PATIENCE)
        assert ends.sidecar[-1]["method"] == "system.info"
        noted(*answer)

    monkeypatch.setattr(ends.capabilities, "answered", slow)
    ends.answer(ends.sidecar[0], film("/films/a.json"))
    assert [each["id"] for each in ends.page] == [1]
    ends.call("media.probe", {"path": "/films/clip.mp4"}, 2)
    assert ends.sidecar[-1]["method"] == "media.probe"
