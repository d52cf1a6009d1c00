"""`sidecar transitions`: the list, and the sheet on which every transition is seen under way."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from sidecar.cli import main
from sidecar.effects import catalogue
from sidecar.effects.transition_sheet import COLUMNS, SHOWN, SIZE
from sidecar.ffmpeg.builder.sheet import GAP, LABEL

WIDTH, HEIGHT = len(SHOWN) * SIZE[0] + (len(SHOWN) + 1) * GAP, SIZE[1] + LABEL + GAP


def test_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transitions", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["transitions"]
    assert [each["type"] for each in found] == sorted(catalogue().transitions)
    assert all(each["title"] and each["description"] and each["category"] for each in found)
    assert all(each["translations"]["ru"]["title"] and each["translations"]["ru"]["description"] for each in found)
    assert len({each["translations"]["ru"]["title"] for each in found}) == len(found)
    assert main(["transitions"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("wipeleft\t"))
    assert line.split("\t")[1:] == ["wipe", "An edge runs to the left."]


def test_every_transition_is_seen_under_way_on_the_sheet() -> None:
    target = Path("a sheet; [of] 'transitions'.png")
    assert main(["transitions", "--sheet", str(target)]) == 0
    with av.open(str(target)) as container:
        sheet = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert sheet.shape[1] == COLUMNS * WIDTH
    seen = set()
    for index, name in enumerate(catalogue().transitions):
        left, top = index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT
        assert sheet[top : top + LABEL, left : left + WIDTH].max() > 200, f"the name of {name} can be read"
        rows = sheet[top + LABEL : top + LABEL + SIZE[1], left + GAP :]
        pictures = [rows[:, number * (SIZE[0] + GAP) :][:, : SIZE[0]] for number in range(len(SHOWN))]
        for one, other in pairwise(pictures):
            assert np.abs(other - one).mean() > 1, f"{name} goes on"
        seen.add(b"".join(picture.tobytes() for picture in pictures))
    assert len(seen) == len(catalogue().transitions), "no two look alike"


def test_a_sheet_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transitions", "--sheet", "no/such/folder/sheet.png"]) == 1
    assert "cannot be written" in capsys.readouterr().err
