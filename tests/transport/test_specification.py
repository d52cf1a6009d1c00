"""The examples of the JSON-RPC 2.0 specification, section 7, against a table of commands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import trio

from tests.transport.desk import open_desk

PARSE = {"code": -32700, "kind": "parse"}
INVALID = {"code": -32600, "kind": "invalidRequest"}
NOT_FOUND = {"code": -32601, "kind": "methodNotFound"}

EXAMPLES: list[tuple[str, Any]] = [
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}', (1, 19)),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}', (2, -19)),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}', (3, 19)),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}', (4, 19)),
    ('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', None),
    ('{"jsonrpc": "2.0", "method": "foobar"}', None),
    ('{"jsonrpc": "2.0", "method": "foobar", "id": "1"}', ("1", NOT_FOUND)),
    ('{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', (None, PARSE)),
    ('{"jsonrpc": "2.0", "method": 1, "params": "bar"}', (None, INVALID)),
    ('[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]', (None, PARSE)),
    ("[]", (None, INVALID)),
    ("[1]", [(None, INVALID)]),
    ("[1,2,3]", [(None, INVALID)] * 3),
    (
        """[
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
        ]""",
        [("1", 7), ("2", 19), (None, INVALID), ("5", NOT_FOUND), ("9", ["hello", 5])],
    ),
    (
        """[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]""",
        None,
    ),
]


def shape(answer: dict[str, Any]) -> tuple[Any, Any]:
    """Reduce an answer to its id and its result, or its code and kind."""
    assert answer["jsonrpc"] == "2.0"
    assert set(answer) in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"})
    if "error" not in answer:
        return answer["id"], answer["result"]
    error = answer["error"]
    assert set(error) == {"code", "message", "data"}
    return answer["id"], {"code": error["code"], "kind": error["data"]["kind"]}


@pytest.mark.parametrize(("sent", "expected"), EXAMPLES)
async def test_example(sent: str, expected: Any) -> None:
    async with open_desk() as desk:
        desk.send(sent.encode())
        if expected is None:
            desk.call("get_data", id="after")
            assert shape(await desk.next()) == ("after", ["hello", 5])
            await trio.testing.wait_all_tasks_blocked()
            assert desk.silent()
            return
        answer = await desk.next()
        if isinstance(expected, list):
            by_id = sorted(map(shape, answer), key=msgspec.json.encode)
            assert by_id == sorted(expected, key=msgspec.json.encode)
        else:
            assert shape(answer) == expected
