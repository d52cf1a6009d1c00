"""The command table: the single source of dispatch, discovery, clients, documentation and capabilities.

A new command is declared in the module of its area and named in `protocol.commands.table.AREAS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocol.commands.command import Command, Empty, Example, Load, Nothing, Params
from protocol.commands.table import Table

TABLE = Table()
"""Every method by its name."""

if TYPE_CHECKING:
    COMMANDS: tuple[Command, ...]
    """Every method, in the order of the documentation. Asking for it imports all of them."""
else:

    def __getattr__(name: str) -> Any:
        if name == "COMMANDS":
            return tuple(TABLE.values())
        raise AttributeError(name)


__all__ = ["COMMANDS", "TABLE", "Command", "Empty", "Example", "Load", "Nothing", "Params"]
