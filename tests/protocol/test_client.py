"""The sans-I/O client."""

from __future__ import annotations

import msgspec
import pytest

from protocol import jsonrpc
from protocol.client import Answer, Client, Failed, Happened, Progressed, Unexpected
from protocol.errors import (
    REGISTRY,
    Busy,
    Cancelled,
    Cause,
    ConnectionLost,
    Internal,
    MediaNotFound,
    SidecarError,
    types_of,
)
from protocol.framing import MAX_MESSAGE

SAMPLES = {"str": "a", "int": 3, "float": 1.5, "bool": True, "list": [], "dict": {}, "None": None}


def line(body: bytes) -> bytes:
    return body + b"\n"


def sample(kind: type[SidecarError]) -> SidecarError:
    """Make an error with some value for every member."""
    given = {
        name: SAMPLES[str(getattr(hint, "__name__", hint)).split("[")[0].split(" ")[0]]
        for name, hint in types_of(kind).items()
    }
    return kind(**given, message="said", suggestion="do", causes=(Cause(kind="k", message="m", context={"a": 1}),))


def test_a_request_and_its_answer_in_pieces() -> None:
    client = Client()
    number, data = client.request("media.probe", {"path": "a"})
    assert msgspec.json.decode(data) == {
        "jsonrpc": "2.0",
        "id": number,
        "method": "media.probe",
        "params": {"path": "a"},
    }
    assert dict(client.pending) == {number: "media.probe"}
    answer = line(jsonrpc.encode_result(number, {"x": 1}))
    assert client.feed(answer[:9]) == []
    assert client.feed(answer[9:]) == [Answer(number, {"x": 1})]
    assert dict(client.pending) == {}


def test_headers_both_ways() -> None:
    client = Client(style="headers")
    number, data = client.request("m")
    assert data.startswith(b"Content-Length: ")
    body = jsonrpc.encode_result(number, None)
    assert client.feed(b"Content-Length: %d\r\n\r\n%b" % (len(body), body)) == [Answer(number, None)]


def test_progress_and_cancel() -> None:
    client = Client()
    number, data = client.request("m", {"a": 1}, progress=True)
    assert msgspec.json.decode(data)["params"] == {"a": 1, "progressToken": number}
    sent = line(jsonrpc.encode_notification("$/progress", {"token": number, "value": {"kind": "end"}}))
    assert client.feed(sent) == [Progressed(number, {"kind": "end"})]
    assert msgspec.json.decode(client.cancel(number)) == {
        "jsonrpc": "2.0",
        "method": "$/cancelRequest",
        "params": {"id": number},
    }
    (failed,) = client.feed(line(jsonrpc.encode_error(number, Cancelled(), "t")))
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Cancelled)
    assert failed.trace_id == "t"


def test_a_gap_in_the_numbers_is_seen() -> None:
    client = Client()
    missed = []
    for name, seq in (("s1", 1), ("s2", 1), ("s1", 2), ("s1", 4), ("s2", 2)):
        params = {"subscription": name, "topic": "log", "seq": seq, "payload": {}}
        (event,) = client.feed(line(jsonrpc.encode_notification("$/event", params)))
        assert isinstance(event, Happened)
        missed.append(event.missed)
    assert missed == [False, False, False, True, False]


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_error_is_rebuilt_as_it_was(kind: str) -> None:
    error = sample(REGISTRY[kind])
    client = Client()
    number, _ = client.request("m")
    (failed,) = client.feed(line(jsonrpc.encode_error(number, error, "trace")))
    assert isinstance(failed, Failed)
    assert type(failed.error) is type(error)
    assert failed.error.data("x") == error.data("x")
    assert (failed.error.message, failed.trace_id) == ("said", "trace")


def answered(error: dict[str, object]) -> Failed:
    client = Client()
    number, _ = client.request("m")
    (failed,) = client.feed(line(msgspec.json.encode({"jsonrpc": "2.0", "id": number, "error": error})))
    assert isinstance(failed, Failed)
    return failed


def data(kind: str, context: dict[str, object]) -> dict[str, object]:
    return {"kind": kind, "context": context, "causes": [], "suggestion": None, "retryable": False, "traceId": "t"}


def test_errors_of_a_newer_sidecar_are_told_as_well_as_can_be() -> None:
    unknown = answered({"code": 4242, "message": "new", "data": data("brandNew", {"a": 1})})
    assert isinstance(unknown.error, Internal)
    assert unknown.error.message == "new"
    assert unknown.error.causes == (Cause(kind="brandNew", message="new", context={"a": 1}),)
    short = answered({"code": 1201, "message": "m", "data": data("mediaNotFound", {})})
    assert isinstance(short.error, Internal)
    more = answered({"code": 1201, "message": "m", "data": data("mediaNotFound", {"path": "a", "new": 1})})
    assert isinstance(more.error, MediaNotFound)
    assert more.error.path == "a"
    plain = answered({"code": -32000, "message": "somebody else"})
    assert isinstance(plain.error, Internal)
    assert (plain.error.causes[0].kind, plain.trace_id) == ("-32000", None)


@pytest.mark.parametrize(
    "body",
    [
        b"printed by accident",
        b'{"jsonrpc":"2.0","id":99,"result":1}',
        b'{"jsonrpc":"2.0","id":"1","result":1}',
        b'{"jsonrpc":"2.0","method":"$/event","params":{}}',
        b'{"jsonrpc":"2.0","method":"$/unknown"}',
        b'{"jsonrpc":"2.0","id":1,"method":"question"}',
    ],
)
def test_what_is_not_expected_harms_nothing(body: bytes) -> None:
    client = Client()
    number, _ = client.request("m")
    assert client.feed(line(body)) == [Unexpected(body)]
    assert client.feed(line(jsonrpc.encode_result(number, 1))) == [Answer(number, 1)]


def test_a_batch_of_answers() -> None:
    client = Client()
    first, _ = client.request("m")
    second, _ = client.request("m")
    answers = jsonrpc.encode_batch(
        [jsonrpc.encode_result(second, 2), jsonrpc.encode_error(first, Busy(limit=1, in_flight=1), "t")]
    )
    two, one = client.feed(line(answers))
    assert two == Answer(second, 2)
    assert isinstance(one, Failed)
    assert one.id == first


def test_a_lost_connection_fails_what_was_pending_and_all_that_follows() -> None:
    client = Client()
    first, _ = client.request("a")
    second, _ = client.request("b")
    lost = client.lose("it ended")
    assert [each.id for each in lost if isinstance(each, Failed)] == [first, second]
    assert all(isinstance(each, Failed) and isinstance(each.error, ConnectionLost) for each in lost)
    assert client.feed(line(jsonrpc.encode_result(first, 1))) == []
    with pytest.raises(ConnectionLost):
        client.request("c")
    assert client.lose("again") == []


def test_a_lost_framing_is_a_lost_connection() -> None:
    client = Client(style="headers")
    number, _ = client.request("a")
    (failed,) = client.feed(b"Content-Length: %d\r\n\r\n" % (MAX_MESSAGE + 1))
    assert isinstance(failed, Failed)
    assert (failed.id, type(failed.error)) == (number, ConnectionLost)
