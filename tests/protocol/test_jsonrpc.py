"""Envelopes and params."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocol import jsonrpc
from protocol.commands import TABLE
from protocol.errors import Cause, InvalidParams, InvalidRequest, MediaNotFound, Parse
from protocol.jsonrpc import Batch, Fault, Notification, Reply, Request
from protocol.params import decode_params, invalid


def test_calls_and_notifications() -> None:
    request = jsonrpc.decode(b'{"jsonrpc":"2.0","id":null,"method":"m"}')
    assert request == Request(None, "m", request.params if isinstance(request, Request) else Raw())
    assert isinstance(request, Request)
    assert bytes(request.params) == b"{}"
    note = jsonrpc.decode(b' {"jsonrpc":"2.0","method":"m","params": [1] ,"more":{}}')
    assert isinstance(note, Notification)
    assert msgspec.json.decode(note.params) == [1]


def test_answers() -> None:
    result = jsonrpc.decode(b'{"jsonrpc":"2.0","id":1,"result":null}')
    assert isinstance(result, Reply)
    assert (result.id, bytes(result.result), result.error) == (1, b"null", None)
    error = jsonrpc.decode(b'{"jsonrpc":"2.0","error":{"code":-1,"message":"m"}}')
    assert isinstance(error, Reply)
    assert (error.id, error.error) == (None, jsonrpc.RemoteError(-1, "m"))


@pytest.mark.parametrize(
    ("body", "id", "error"),
    [
        (b"{", None, Parse),
        (b"\xff", None, Parse),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","unread":"\xff"}', None, Parse),
        (b"[" * 100_000, None, Parse),
        (b"[]", None, InvalidRequest),
        (b"7", None, InvalidRequest),
        (b'{"jsonrpc":"2.0","id":"x","method":7}', "x", InvalidRequest),
        (b'{"jsonrpc":"2.0","id":true,"method":"m"}', None, InvalidRequest),
        (b'{"id":3,"method":"m"}', 3, InvalidRequest),
        (b'{"jsonrpc":"2.0","id":3,"method":"m","params":null}', 3, InvalidRequest),
        (b'{"jsonrpc":"2.0","id":3,"result":1,"error":{"code":1,"message":""}}', None, InvalidRequest),
        (b'{"jsonrpc":"2.0","id":3,"error":{"code":"x"}}', None, InvalidRequest),
        (b'{"jsonrpc":"2.0","id":3}', 3, InvalidRequest),
    ],
)
def test_faults_say_what_to_answer(body: bytes, id: Any, error: type[Exception]) -> None:
    fault = jsonrpc.decode(body)
    assert isinstance(fault, Fault)
    assert (fault.id, type(fault.error)) == (id, error)


def test_a_batch_holds_its_own_faults() -> None:
    batch = jsonrpc.decode(b'[{"jsonrpc":"2.0","id":1,"method":"m"},2,{"jsonrpc":"2.0","method":"n"}]')
    assert isinstance(batch, Batch)
    assert [type(each) for each in batch.messages] == [Request, Fault, Notification]
    too_many = jsonrpc.decode(b"[" + b",".join([b"1"] * 101) + b"]")
    assert isinstance(too_many, Fault)


def test_what_is_sent() -> None:
    assert jsonrpc.encode_request(0, "m", {"a": 1}) == b'{"jsonrpc":"2.0","method":"m","id":0,"params":{"a":1}}'
    assert jsonrpc.encode_request(None, "m") == b'{"jsonrpc":"2.0","method":"m","id":null}'
    assert jsonrpc.encode_notification("m", [1]) == b'{"jsonrpc":"2.0","method":"m","params":[1]}'
    assert jsonrpc.encode_result("a", None) == b'{"jsonrpc":"2.0","id":"a","result":null}'
    assert jsonrpc.encode_batch([b"1", b"2"]) == b"[1,2]"
    error = MediaNotFound(path="/a", causes=(Cause(kind="k", message="m", context={}),))
    assert msgspec.json.decode(jsonrpc.encode_error(1, error, "t")) == {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {
            "code": 1201,
            "message": "There is no file at /a",
            "data": {
                "kind": "mediaNotFound",
                "context": {"path": "/a"},
                "causes": [{"kind": "k", "message": "m", "context": {}}],
                "suggestion": "Relink the clip to where the file is now",
                "retryable": False,
                "traceId": "t",
            },
        },
    }


@pytest.mark.parametrize(
    ("params", "id"), [(b'{"id":0}', 0), (b'{"id":"a"}', "a"), (b'{"id":null}', None), (b'{"id":1.5,"x":1}', 1.5)]
)
def test_what_is_to_be_cancelled(params: bytes, id: Any) -> None:
    assert jsonrpc.decode_cancel(Raw(params)) == jsonrpc.CancelRequest(id)


@pytest.mark.parametrize("params", [b"{}", b"[1]", b'{"id":[1]}', b'{"id":true}', b'{"id":"\xff"}'])
def test_a_cancel_that_names_nothing(params: bytes) -> None:
    assert jsonrpc.decode_cancel(Raw(params)) is None


PROBE = msgspec.json.Decoder(TABLE["media.probe"].params)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, "/path"),
        ({"path": 1}, "/path"),
        ({"path": "a", "timeoutMs": 0}, "/timeoutMs"),
        ({"path": "a", "index": "all"}, "/index"),
        ({"path": "a", "x": 1}, "/x"),
        ([], ""),
    ],
)
def test_faults_of_params_have_a_pointer(params: Any, path: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        decode_params(PROBE, Raw(msgspec.json.encode(params)))
    assert caught.value.path == path
    assert "$" not in caught.value.detail


def test_under_a_plain_object_the_pointer_ends_there() -> None:
    assert invalid("Expected `str`, got `int` - at `$.labels[...].a`").path == "/labels"
    assert invalid("no path at all").path == ""


OPEN = msgspec.json.Decoder(TABLE["project.open"].params)


@pytest.mark.parametrize("inner", [b'"\xff"', b"[" * 100_000, b"NaN"])
def test_what_only_looks_like_json_is_a_parse_error(inner: bytes) -> None:
    with pytest.raises(Parse):
        decode_params(OPEN, Raw(b'{"project":{"a":' + inner + b"}}"))
