"""Previews of effects: every effect of the picture that needs no analysis is run on media, and what it wrote measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protocol.errors import NotSupported
from protocol.project import Effect
from sidecar.core.source import SourceFacts
from sidecar.effects import catalogue
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.filter_preview import FilterPreview, build_filter_preview
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text.fontset import bundled_fonts
from sidecar.ffmpeg.builder.thumbnails import Thumbnails, build_thumbnails
from tests.ffmpeg.builder.conftest import Clips
from tests.harness.commands import facts_of, run_command
from tests.harness.media import decode_rgb, read_numbers

KINDS = {name: kind for name, kind in catalogue().effects.items() if kind.medium == "video"}
IDLE = {"echo", "noiseReduction"}
"""An echo of a clip's first frame is that frame, and drawn pictures have no noise."""

SHOWN = sorted(name for name, kind in KINDS.items() if kind.analysis is None and name not in IDLE)


def build(parameters: FilterPreview, facts: SourceFacts, output: Path) -> Command:
    kind = KINDS[parameters.effect.type]
    return build_filter_preview(
        parameters, facts, str(output), Resources(bundled_fonts(), catalogue(), contents=kind.samples)
    )


@pytest.mark.parametrize("name", SHOWN)
def test_every_effect_changes_the_right_half(tmp_path: Path, clips: Clips, name: str) -> None:
    facts = facts_of(clips("busy.mp4"))
    effect = Effect(type=name, parameters=dict(KINDS[name].shown))
    parameters = FilterPreview(path="a", effect=effect, time=1, width=192, before=True)
    run_command(build(parameters, facts, tmp_path / "f.png"), tmp_path)
    shown = decode_rgb(tmp_path / "f.png")[0].astype(int)
    plain = Thumbnails(path="a", times=[1], width=192, format="png")
    run_command(build_thumbnails(plain, facts, str(tmp_path / "p.png")), tmp_path)
    before = decode_rgb(tmp_path / "p-0001.png")[0].astype(int)
    assert shown.shape == before.shape == (96, 192, 3)
    assert np.abs(shown[:, :96] - before[:, :96]).max() <= 6
    assert np.abs(shown[:, 96:] - before[:, 96:]).max() > 10


def test_parts_follow_the_clock_of_the_effect(tmp_path: Path, clips: Clips) -> None:
    facts = facts_of(clips("numbered.mp4"))
    fading = {"keyframes": [{"time": 0, "value": 0}, {"time": 0.4, "value": -1}]}
    effect = Effect(type="basic", parameters={"brightness": fading})
    part = FilterPreview(path="a", effect=effect, duration=0.5, time=1, width=192)
    command = build(part, facts, tmp_path / "p.mp4")
    run_command(command, tmp_path)
    video = facts_of(tmp_path / "p.mp4").video[0]
    assert (video.frames, command.frames, video.width) == (12, 12, 192)
    means = [picture.mean() for picture in decode_rgb(tmp_path / "p.mp4")]
    assert means[0] > 40
    assert max(means[10:]) < 2

    late = Effect(type="basic", start=0.2, parameters={"brightness": -1})
    halves = FilterPreview(path="a", effect=late, duration=0.2, time=1, width=192, before=True)
    run_command(build(halves, facts, tmp_path / "h.mp4"), tmp_path)
    assert read_numbers(tmp_path / "h.mp4") == [25, 26, 27, 28, 29]


def test_an_effect_that_looks_at_the_whole_clip_is_no_one_command(tmp_path: Path, clips: Clips) -> None:
    parameters = FilterPreview(path="a", effect=Effect(type="stabilize"))
    with pytest.raises(NotSupported):
        build(parameters, facts_of(clips("busy.mp4")), tmp_path / "f.png")
