"""When the page is built, and what with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from frontend import bundle as bundling

NPM = """#!/bin/sh
echo "$@" >> "{log}"
case $1 in
  install) mkdir -p node_modules && touch node_modules/.package-lock.json ;;
  run) [ ! -e broken ] || {{ echo "src/main.ts: it is broken"; exit 3; }}; mkdir -p ../_static && touch ../_static/index.html ;;
esac
"""


class Checkout:
    """A checkout whose npm notes what it is asked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.web, self.static, self.log = folder / "web", folder / "_static", folder / "log"
        (self.web / "src").mkdir(parents=True)
        for name in ("package.json", "package-lock.json", "src/main.ts"):
            (self.web / name).touch()
        program = folder / "bin" / "npm"
        program.parent.mkdir()
        program.write_text(NPM.format(log=self.log))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(bundling, "WEB", self.web)
        monkeypatch.setattr(bundling, "STATIC", self.static)
        monkeypatch.setattr("sys.executable", str(folder / "bin" / "python"))

    def asked(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.split(" --")[0] for line in lines]

    def touch(self, name: str) -> None:
        """Make a file newer than everything, however coarse the clock of the file system is."""
        later = 1 + max(path.stat().st_mtime for path in self.web.parent.rglob("*"))
        os.utime(self.web / name, (later, later))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path / "frontend", monkeypatch)


def test_it_is_built_when_it_is_older_than_what_it_is_made_of(checkout: Checkout) -> None:
    assert bundling.bundle() == checkout.static
    assert checkout.asked() == ["install", "run build"]
    checkout.touch("../_static/index.html")
    bundling.bundle()
    assert checkout.asked() == []
    checkout.touch("src/main.ts")
    bundling.bundle()
    assert checkout.asked() == ["run build"]
    checkout.touch("package-lock.json")
    bundling.bundle()
    assert checkout.asked() == ["install", "run build"]


@pytest.mark.parametrize("older", [True, False])
def test_a_page_that_came_along_in_a_source_distribution_is_not_built(checkout: Checkout, *, older: bool) -> None:
    bundling.build()
    assert not bundling.packed()
    (checkout.web.parents[1] / "PKG-INFO").touch()
    checkout.touch("src/main.ts" if older else "../_static/index.html")
    assert (bundling.stale(), bundling.packed()) == (older, True)
    (checkout.static / "index.html").unlink()
    assert not bundling.packed()


def test_what_npm_says_is_said(checkout: Checkout) -> None:
    (checkout.web / "broken").touch()
    with pytest.raises(bundling.NotBuilt, match="it is broken"):
        bundling.bundle()


def test_without_npm_it_says_so(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(checkout.web / "python"))
    monkeypatch.setenv("PATH", str(checkout.web))
    with pytest.raises(bundling.NotBuilt, match="no npm"):
        bundling.bundle()


def test_an_installed_one_is_only_looked_for(checkout: Checkout) -> None:
    (checkout.web / "package.json").unlink()
    with pytest.raises(bundling.NotBuilt, match="There is no page"):
        bundling.bundle()
    checkout.static.mkdir()
    (checkout.static / "index.html").touch()
    assert bundling.bundle() == checkout.static
    assert checkout.asked() == []
