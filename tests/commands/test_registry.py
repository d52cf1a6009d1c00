"""The table of handlers against the table of commands."""

from __future__ import annotations

import pytest

import sidecar.commands
from protocol.commands import COMMANDS, TABLE
from sidecar.commands.registry import HANDLERS, command


def test_every_command_of_the_table_has_its_handler() -> None:
    assert sidecar.commands.__doc__
    assert set(HANDLERS) == set(TABLE)
    assert [HANDLERS[each.name].command for each in COMMANDS] == list(COMMANDS)


def test_a_name_is_taken_once_and_only_from_the_table() -> None:
    with pytest.raises(ValueError, match="initialize"):
        command("initialize")
    with pytest.raises(KeyError):
        command("no.such")
