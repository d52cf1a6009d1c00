"""Bytes to messages: both styles, any cut, every limit."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MessageTooLarge, Parse
from protocol.framing import MAX_HEADER, Framer, Style

BODIES = st.lists(
    st.binary(min_size=1, max_size=60).filter(lambda b: b"\n" not in b and b == b.strip() and b), max_size=8
)


def fed(framer: Framer, data: bytes, size: int) -> list[bytes]:
    return [body for start in range(0, len(data), size) for body in framer.feed(data[start : start + size])]


@given(BODIES, st.sampled_from(["lines", "headers"]), st.integers(1, 50))
def test_what_was_wrapped_comes_out_however_it_was_cut(bodies: list[bytes], style: Style, size: int) -> None:
    data = b"".join(map(Framer(style=style).wrap, bodies))
    assert fed(Framer(style=style), data, size) == bodies


@pytest.mark.parametrize(
    ("first", "style"), [(b"{", "lines"), (b"[", "lines"), (b"x", "lines"), (b"C", "headers"), (b"c", "headers")]
)
def test_the_first_byte_decides(first: bytes, style: Style) -> None:
    framer = Framer()
    assert framer.feed(b" \r\n\t") == []
    assert framer.style is None
    framer.feed(first)
    assert framer.style == style


def test_answers_are_framed_in_kind() -> None:
    framer = Framer()
    assert framer.wrap(b"{}") == b"{}\n"
    assert framer.feed(b"Content-Length: 2\r\n\r\n{}") == [b"{}"]
    assert framer.wrap(b"[1]") == b"Content-Length: 3\r\n\r\n[1]"


def test_lines_may_end_as_in_windows_and_may_be_blank() -> None:
    assert Framer().feed(b'\r\n\n  \n{"a":1}\r\n\r\n[2] \n\n') == [b'{"a":1}', b"[2]"]


def test_a_last_line_without_its_end() -> None:
    framer = Framer()
    assert framer.feed(b"{}\n[1]") == [b"{}"]
    assert framer.end() == [b"[1]"]
    assert framer.end() == []
    assert Framer().end() == []
    headers = Framer()
    headers.feed(b"Content-Length: 5\r\n\r\n{}")
    assert headers.end() == []


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        b"content-type: x\r\ncontent-LENGTH:2\r\n\r\n",
        b"Content-Length: 2\n\n",
    ],
)
def test_headers_as_clients_write_them(header: bytes) -> None:
    assert fed(Framer(), (header + b"{}") * 3, 7) == [b"{}"] * 3


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"{" + b"x" * 100, MessageTooLarge),
        (b"{" + b"x" * 100 + b"\n{}\n", MessageTooLarge),
        (b"Content-Length: 101\r\n\r\n", MessageTooLarge),
        (b"Content-Length: -1\r\n\r\n", Parse),
        (b"Content-Length: x\r\n\r\n", Parse),
        (b"Content-Type: x\r\n\r\n", Parse),
        (b"C" * MAX_HEADER, Parse),
    ],
)
def test_a_lost_framing_stays_lost(data: bytes, fault: type[Exception]) -> None:
    framer = Framer(limit=100)
    assert framer.feed(data) == []
    assert isinstance(framer.fault, fault)
    assert framer.feed(b"{}\n") == []
    assert framer.end() == []


@pytest.mark.parametrize("style", ["lines", "headers"])
def test_the_limit_itself_is_allowed(style: Style) -> None:
    framer = Framer(limit=100, style=style)
    assert framer.feed(framer.wrap(b"x" * 100)) == [b"x" * 100]
    assert framer.fault is None


def test_messages_before_the_fault_come_out() -> None:
    framer = Framer(limit=100)
    assert framer.feed(b"{}\n" + b"x" * 200 + b"\n") == [b"{}"]
    assert isinstance(framer.fault, MessageTooLarge)


class Searched(bytearray):
    """A buffer that counts the bytes that are searched."""

    searched = 0

    def find(self, *asked: Any) -> int:
        self.searched += len(self) - (asked[1] if len(asked) > 1 else 0)
        return super().find(*asked)


def test_a_long_line_costs_its_length_and_not_the_square() -> None:
    framer, buffer = Framer(), Searched()
    framer._buffer = buffer
    assert fed(framer, b"{" + b"x" * 1_000_000, 4_096) == []
    assert framer._buffer is buffer
    assert buffer.searched == 1_000_001


def test_many_messages_in_one_read() -> None:
    rng = random.Random(1)
    bodies = [b'{"n":%d}' % rng.randrange(10**9) for _ in range(5_000)]
    assert Framer().feed(b"\n".join(bodies) + b"\n") == bodies
