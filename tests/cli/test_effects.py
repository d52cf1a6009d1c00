"""`sidecar effects`: the list, and the sheet on which every effect of the picture is seen to act."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from sidecar.cli import main
from sidecar.effects import catalogue
from sidecar.effects.effect_sheet import COLUMNS, SIZE
from sidecar.ffmpeg.builder.sheet import GAP, LABEL

WIDTH, HEIGHT = 2 * SIZE[0] + 3 * GAP, SIZE[1] + LABEL + GAP


def test_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["effects", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["effects"]
    assert [each["type"] for each in found] == sorted(catalogue().effects)
    assert main(["effects"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("blur\t"))
    assert line.split("\t")[1:3] == ["picture", "blur"]
    assert line.endswith("radius 0 to 200 px")


def test_every_effect_is_seen_on_the_sheet() -> None:
    target = Path("a sheet; [of] 'effects'.png")
    assert main(["effects", "--sheet", str(target)]) == 0
    with av.open(str(target)) as container:
        sheet = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    kinds = [kind for kind in catalogue().effects.values() if kind.medium == "video"]
    assert sheet.shape[1] == COLUMNS * WIDTH
    assert sheet.shape[0] >= -(-len(kinds) // COLUMNS) * HEIGHT
    for index, kind in enumerate(kinds):
        left, top = index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT
        name = sheet[top : top + LABEL, left : left + WIDTH]
        assert name.max() > 200, f"the name of {kind.name} can be read"
        rows = slice(top + LABEL, top + LABEL + SIZE[1])
        before, after = (sheet[rows, left + GAP + number * (SIZE[0] + GAP) :][:, : SIZE[0]] for number in (0, 1))
        assert before.std() > 30, kind.name
        assert np.abs(after - before).mean() > 2, f"{kind.name} is seen to act"


def test_a_sheet_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["effects", "--sheet", "no/such/folder/sheet.png"]) == 1
    assert "cannot be written" in capsys.readouterr().err
