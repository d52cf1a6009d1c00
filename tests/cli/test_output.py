"""Output: plain lines in a pipe, colours and tables on a terminal, one JSON value when asked."""

from __future__ import annotations

import json

import pytest

from protocol.errors import Cause, FfmpegFailed
from sidecar.cli.output import Output
from tests.harness.terminal import on_terminal

PLAIN = Output(as_json=False, terminal=False)
JSON = Output(as_json=True, terminal=False)
ERROR = FfmpegFailed(
    exit_code=1,
    detail="no",
    suggestion="Try another file",
    causes=(Cause(kind="inner", message="it broke", context={}),),
)


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    PLAIN.line("hello", "ok")
    PLAIN.table(("a", "b"), [("1", "error"), ("3", "4")])
    PLAIN.result({"never": "shown"})
    assert capsys.readouterr().out == "hello\n1\terror\n3\t4\n"


def test_what_a_terminal_acts_upon_is_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    PLAIN.line("a\x1b[2Jb\nc")
    PLAIN.table(("a", "b"), [("tag\tx", "\x1b]0;mine\x07\r\n\x9b1m")])
    PLAIN.error(FfmpegFailed(exit_code=1, detail="one\ntwo\x1b[1m"), "trace")
    captured = capsys.readouterr()
    assert captured.out == "a\\x1b[2Jb\nc\ntag\\x09x\t\\x1b]0;mine\\x07\\x0d\\x0a\\x9b1m\n"
    assert captured.err == "error: FFmpeg ended with 1: one\ntwo\\x1b[1m\n"


def test_json_is_one_value_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    JSON.line("never")
    JSON.table(("a",), [("never",)])
    JSON.result({"a": [1]})
    assert json.loads(capsys.readouterr().out) == {"a": [1]}


def test_an_error_says_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    PLAIN.error(ERROR, "trace")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: FFmpeg ended with 1: no\n  because: it broke\n  Try another file\n"


def test_an_error_as_json_is_what_the_wire_carries(capsys: pytest.CaptureFixture[str]) -> None:
    JSON.error(ERROR, "trace")
    captured = capsys.readouterr()
    assert captured.err == ""
    error = json.loads(captured.out)["error"]
    assert (error["code"], error["data"]["kind"], error["data"]["traceId"]) == (1302, "ffmpegFailed", "trace")


def test_a_terminal_gets_colours_and_tables() -> None:
    shown = on_terminal(
        "from sidecar.cli.output import Output\n"
        "from protocol.errors import MediaNotFound\n"
        "output = Output.choose(as_json=False)\n"
        "assert output.terminal\n"
        "output.line('fine', 'ok')\n"
        "output.table(('check', 'state'), [('disk', 'failed')])\n"
        "output.error(MediaNotFound(path='a.mp4'), 't')\n"
    )
    assert "\x1b[32mfine" in shown
    assert "check" in shown
    assert "\x1b[1;31mfailed" in shown
    assert "\x1b[1;31merror: There is no file at a.mp4" in shown
    assert "Relink the clip" in shown


def test_json_is_not_coloured_even_on_a_terminal() -> None:
    shown = on_terminal(
        "from sidecar.cli.output import Output\n"
        "output = Output.choose(as_json=True)\n"
        "assert not output.terminal\n"
        "output.result([1])\n"
    )
    assert json.loads(shown) == [1]
