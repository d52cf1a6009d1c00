"""A thousand messages that are not right: each gets the code of the table, and the connection serves on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import trio

from protocol.framing import Framer, Style
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE, spawn
from tests.transport.desk import Desk, open_desk

PARSE, INVALID, NOT_FOUND, PARAMS = -32700, -32600, -32601, -32602

SEED = 20_261_123
EACH = 72

Make = Callable[[random.Random], str | bytes]


def good(rng: random.Random) -> str:
    return f'{{"jsonrpc":"2.0","id":{rng.randrange(10**6)},"method":"echo","params":{{"a":[1,{{"b":"c"}}]}}}}'


def call(id: str = "1", method: str = '"echo"', params: str = "{}", version: str = '"2.0"') -> str:
    return f'{{"jsonrpc":{version},"id":{id},"method":{method},"params":{params}}}'


def nested(rng: random.Random) -> str:
    return rng.choice(["[", '{"a":']) * rng.randrange(2_000, 200_000)


def flipped(rng: random.Random) -> bytes:
    """A byte that is in no UTF-8 text, inside a string."""
    text = bytearray(good(rng).encode())
    text[text.index(b'"c"') + 1] = rng.choice([0xFF, 0xFE, 0xC0, 0x80])
    return bytes(text)


TABLE: dict[str, tuple[int, Make]] = {
    "cut off": (PARSE, lambda rng: (text := good(rng))[: rng.randrange(1, len(text) - 1)]),
    "not UTF-8": (PARSE, flipped),
    "nested too deep": (PARSE, nested),
    "nested too deep in params": (PARSE, lambda rng: call(params="[" * rng.randrange(2_000, 20_000))),
    "not a number": (
        PARSE,
        lambda rng: call(params=rng.choice(['{"a":NaN}', "[Infinity]", "[-Infinity]", "[01]", "[.5]"])),
    ),
    "an id that is not a number": (PARSE, lambda rng: call(id=rng.choice(["NaN", "Infinity", "+1", "0x1", "01"]))),
    "text": (PARSE, lambda rng: rng.choice(["hello", "<xml/>", "DEBUG something printed", "'{}'", "{]", "\x00\x01"])),
    "half a surrogate": (PARSE, lambda _: call(params='{"a":"\\ud800"}')),
    "two in a line": (PARSE, lambda rng: good(rng) + good(rng)),
    "an id of a wrong type": (INVALID, lambda rng: call(id=rng.choice(["true", "false", "[1]", "{}", "[]", "1e999"]))),
    "another version": (INVALID, lambda rng: call(version=rng.choice(['"1.0"', "2.0", '"2"', "null"]))),
    "a method that is no text": (INVALID, lambda rng: call(method=rng.choice(["1", "null", "[]", "true"]))),
    "params that are no structure": (INVALID, lambda rng: call(params=rng.choice(["1", "null", '"a"', "true", "1.5"]))),
    "not an object": (INVALID, lambda rng: rng.choice(["1", '"a"', "null", "true", "-0.5", "[]"])),
    "neither call nor answer": (
        INVALID,
        lambda rng: rng.choice(["{}", '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":5}']),
    ),
    "an unknown method": (
        NOT_FOUND,
        lambda rng: call(method=rng.choice(['"nope"', '"$/x"', '""', '"rpc.x"', '"Echo"'])),
    ),
    "wrong params": (
        PARAMS,
        lambda rng: call(method='"bound"', params=rng.choice(['{"x":1}', "[1]", '{"limit":1e999}'])),
    ),
}
"""Kinds of fault, the code that answers each, and how to make one."""


def faults() -> Iterator[tuple[str, int, bytes]]:
    rng = random.Random(SEED)
    for number in range(EACH):
        for name, (code, make) in TABLE.items():
            made = make(rng)
            yield f"{name} {number}", code, made if isinstance(made, bytes) else made.encode()


async def check(desk: Desk, name: str, code: int, body: bytes) -> None:
    desk.send(body)
    answer = await desk.next()
    if isinstance(answer, list):
        (answer,) = answer
    assert answer["error"]["code"] == code, (name, body[:200], answer)
    assert (await desk.answer("echo", {"after": name}, "after"))["result"] == {"after": name}


async def test_a_thousand() -> None:
    made = list(faults())
    assert len(made) >= 1_000
    async with open_desk() as desk:
        for name, code, body in made:
            await check(desk, name, code, body)


async def test_ids_in_flight_are_refused_every_time() -> None:
    async with open_desk() as desk:
        desk.call("wait", {"name": "a"}, "taken")
        await desk.started("a")
        for number in range(100):
            await check(desk, f"duplicate {number}", INVALID, call(id='"taken"').encode())
        desk.services.gate("a").set()
        assert (await desk.next())["id"] == "taken"


@pytest.mark.parametrize("id", ['"text"', "0", "-1", "1.5", "1e3", str(10**30), "null"])
async def test_a_refused_call_keeps_its_own_id(id: str) -> None:
    async with open_desk() as desk:
        desk.send(call(id=id, version='"1.0"').encode())
        assert (await desk.next())["id"] == msgspec.json.decode(id)


@pytest.mark.parametrize("style", ["lines", "headers"])
async def test_over_a_real_pipe_in_both_framings(style: Style) -> None:
    made = [each for each in faults() if b"\n" not in each[2]][:150]
    framer = Framer(style=style)
    async with spawn() as shell:
        answers: list[Any] = []

        async def read(count: int) -> None:
            with trio.fail_after(PATIENCE):
                while len(answers) < count:
                    answers.extend(map(msgspec.json.decode, framer.feed(await shell.read())))

        await shell.send(
            framer.wrap(msgspec.json.encode({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": INITIALIZE}))
        )
        await read(1)
        for number, (_, code, body) in enumerate(made):
            await shell.send(framer.wrap(body) + framer.wrap(call(id=str(number + 10)).encode()))
            await read(3 + 2 * number)
            pair = [each[0] if isinstance(each, list) else each for each in answers[-2:]]
            pair.sort(key=lambda each: "result" in each)
            assert pair[0]["error"]["code"] == code
            assert pair[1] == {"jsonrpc": "2.0", "id": number + 10, "result": {}}
