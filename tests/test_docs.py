"""The pages for people lead where they say, and comments name sections that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = [path for part in ("protocol", "sidecar", "tests") for path in sorted((ROOT / part).rglob("*.py"))]


def anchors(page: Path) -> Iterator[str]:
    """Name the headings of a page as links name them."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_sections_that_the_code_names_are_there() -> None:
    named = 0
    for path in CODE:
        for page, section in re.findall(r"docs/(\w+)\.md §(\d)", path.read_text()):
            named += 1
            assert f"\n## {section}. " in (ROOT / "docs" / f"{page}.md").read_text(), path
    assert named > 20
