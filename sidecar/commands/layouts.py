"""layouts.list."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.layouts import LayoutInfo, LayoutList
from protocol.project.layouts import LAYOUTS
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("layouts.list")
async def layouts(_params: Empty, _call: Call) -> LayoutList:
    """List every built-in layout."""
    found = [
        LayoutInfo(name=each.template.id, title=each.title, description=each.description, cells=each.template.cells)
        for each in LAYOUTS
    ]
    return LayoutList(layouts=found)
