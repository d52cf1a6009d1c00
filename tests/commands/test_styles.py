from __future__ import annotations

from typing import Any

from protocol.commands.styles import StyleList, TitleList
from protocol.project.graphics import GRAPHICS
from protocol.project.styles import PRESETS
from sidecar.commands.registry import HANDLERS


async def answer(name: str) -> Any:
    handler = HANDLERS[name]
    return await handler.run(handler.decoder.decode(b"{}"), None)  # type: ignore[arg-type]  # these look at no call


async def test_styles_are_listed_with_what_they_set() -> None:
    listed: StyleList = await answer("styles.list")

    assert [each.name for each in listed.styles] == list(PRESETS)
    assert {"default", "outline", "box", "lower-third", "neon", "karaoke"} <= set(PRESETS)
    for each in listed.styles:
        assert (each.style, each.highlight) == (PRESETS[each.name].style, PRESETS[each.name].highlight)
        assert each.style.preset is None
        assert each.title
        assert each.description.endswith(".")


async def test_graphics_are_listed_with_their_fields() -> None:
    listed: TitleList = await answer("titles.list")

    assert [each.name for each in listed.titles] == list(GRAPHICS)
    (callout,) = (each for each in listed.titles if each.name == "callout")
    x = next(field for field in callout.fields if field.name == "x")
    assert (x.kind, x.default, x.minimum, x.maximum) == ("number", 0.5, 0, 1)
    text = callout.fields[0]
    assert (text.name, text.kind, text.minimum, text.maximum) == ("text", "text", None, None)
    assert {each.name for each in listed.titles if not each.moves} == {"title-card", "quote"}
