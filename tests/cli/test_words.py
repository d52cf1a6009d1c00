"""Figures, instants and exit codes as the command line has them."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.errors import (
    REGISTRY,
    DiskFull,
    FfmpegNotFound,
    Internal,
    InvalidParams,
    MediaNotFound,
    SettingsInvalid,
)
from protocol.problem import Problem
from sidecar.cli import exits
from sidecar.cli.instants import range_of, seconds_range
from sidecar.cli.words import clock, exact, problem_rows, size


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (3 * 2**30, "3.0 GiB"),
        (2**60, "1048576.0 TiB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (9.6, "0:10"), (61, "1:01"), (3_725, "1:02:05")])
def test_durations(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(("time", "text"), [("20/1", "20 s"), ("1/3", "0.333 s"), ("5/2", "2.5 s"), ("0/1", "0 s")])
def test_exact_times(time: str, text: str) -> None:
    assert exact(time) == text


def test_a_problem_is_a_row_with_what_to_do() -> None:
    def problem(**changes: Any) -> Problem:
        given: dict[str, Any] = {"severity": "error", "code": "c", "pointer": "", "ids": [], "message": "Bad"}
        return Problem(**{**given, "suggestion": None, "context": {}, **changes})

    assert problem_rows([problem(), problem(pointer="/a", suggestion="Mend it")]) == [
        ("error", "c", "/", "Bad"),
        ("error", "c", "/a", "Bad. Mend it"),
    ]


def test_ranges_in_seconds_and_frames() -> None:
    assert range_of(None) is None
    assert range_of("1.5:60f") == {"from": {"time": 1.5}, "to": {"frame": 60}}
    assert range_of("0:1/3") == {"from": {"time": 0.0}, "to": {"time": "1/3"}}


@pytest.mark.parametrize("text", ["", "1", "a:b", "1:", "1:f", "1:-2f", "1:nan", "1:1/0", "1:2:3"])
def test_what_is_no_range_is_refused(text: str) -> None:
    for read in (range_of, seconds_range):
        with pytest.raises(InvalidParams, match=r"--range: .* is not"):
            read(text)


def test_ranges_of_files_are_in_seconds() -> None:
    assert seconds_range(None) is None
    assert seconds_range("1.5:4") == {"from": 1.5, "to": 4.0}
    assert seconds_range("0:1/3") == {"from": 0.0, "to": "1/3"}
    with pytest.raises(InvalidParams):
        seconds_range("1:60f")


def test_every_kind_of_error_has_an_exit_code() -> None:
    for kind in REGISTRY.values():
        error = kind.__new__(kind)
        assert exits.exit_code(error) in (exits.FAILED, exits.USAGE, exits.MACHINE, exits.FAULT)
    assert exits.exit_code(MediaNotFound(path="a")) == 1
    assert exits.exit_code(SettingsInvalid(key="a", detail="b")) == 2
    assert exits.exit_code(FfmpegNotFound(detail="a")) == 3
    assert exits.exit_code(DiskFull(path="a")) == 3
    assert exits.exit_code(Internal()) == 4


def test_the_first_error_of_nested_groups_is_told() -> None:
    first = MediaNotFound(path="a")
    nested: Any = ExceptionGroup("outer", [ExceptionGroup("inner", [first]), Internal()])
    assert exits.first_error(nested) is first
