"""The README's example does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.harness.media import decode_luma
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.program import PROGRAM


def test_the_example_over_stdio_renders_a_film(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(example.splitlines()) <= 26
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.stdout.splitlines()[-1:] == ["completed hello.mp4"], done.stderr
    assert sum(1 for _ in decode_luma(tmp_path / "hello.mp4")) == 50


def test_every_file_that_the_guides_link_to_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
