"""styles.list and titles.list."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.styles import StyleInfo, StyleList, TitleField, TitleInfo, TitleList
from protocol.project.graphics import GRAPHICS, GraphicField
from protocol.project.styles import PRESETS
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("styles.list")
async def styles(_params: Empty, _call: Call) -> StyleList:
    """List every named style."""
    found = [
        StyleInfo(
            name=each.name,
            title=each.title,
            description=each.description,
            style=each.style,
            highlight=each.highlight,
        )
        for each in PRESETS.values()
    ]
    return StyleList(styles=found)


@command("titles.list")
async def titles(_params: Empty, _call: Call) -> TitleList:
    """List every named graphic."""
    found = [
        TitleInfo(
            name=each.name,
            title=each.title,
            description=each.description,
            fields=[_field(field) for field in each.fields],
            moves=each.moves,
        )
        for each in GRAPHICS.values()
    ]
    return TitleList(titles=found)


def _field(field: GraphicField) -> TitleField:
    number = field.kind == "number"
    return TitleField(
        name=field.name,
        kind=field.kind,
        default=field.default,
        description=field.description,
        minimum=field.low if number else None,
        maximum=field.high if number else None,
    )
