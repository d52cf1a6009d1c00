"""Filter text: what goes in as a value comes out as it was, whatever it is."""

from __future__ import annotations

import random
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from sidecar.ffmpeg.builder.command import GRAPH_FILE, Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.emit import emit, escape, measure, write_value
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Node, Pad, Stream, node
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE

NASTY = "\\':,;[]=% \t{}()|@#\"$`~*?!<>&^/\r\n"
LETTERS = NASTY * 3 + "abcXYZ019éß漢字🙂\u202e\u200b"
BATCH = 100


def hostile(count: int) -> list[str]:
    chance = random.Random(7)
    made = ["".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 24))) for _ in range(count - len(NASTY))]
    # Matroska and the printer cut white space at neither end; the value itself must not be empty.
    return [*NASTY, *made]


def test_hostile_strings_survive(tmp_path: Path) -> None:
    """1,500 strings through `metadata=mode=add`, read back by `metadata=mode=print` to a file."""
    texts = hostile(1_500)
    broken = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        stream: Pad = node("color", medium="video", s="16x16", r=1, d=1)
        for number, text in enumerate(batch):
            stream = node("metadata", stream, mode="add", key=f"k{number}", value=f"<{text}>")
        stream = node("metadata", stream, mode="print", file="out.txt")
        command = Command(outputs=(Output((stream,), (("frames:v", "1"), ("f", "null")), "-"),))
        built = arguments(command)
        for file in built.files:
            (tmp_path / file.name).write_bytes(file.content)
        done = subprocess.run(
            [ffmpeg(), "-v", "error", *built.argv], cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        printed = (tmp_path / "out.txt").read_bytes().decode()
        found = dict(re.findall(r"^k(\d+)=<(.*?)>$(?=\nk\d+=<|\n?\Z)", printed, re.DOTALL | re.MULTILINE))
        broken += [text for number, text in enumerate(batch) if found.get(str(number)) != text]
    assert broken == []


def test_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        escape("a\0b")


def test_values() -> None:
    assert [write_value(value) for value in (3, True, Fraction(30000, 1001), 0.1, 2.0, -1e-12, 1e15)] == [
        "3",
        "1",
        "30000/1001",
        "0.1",
        "2",
        "-0",
        "1000000000000000",
    ]
    assert write_value(Expression("if(gt(t,1),2,3)")) == "if(gt(t\\,1)\\,2\\,3)"
    with pytest.raises(ValueError, match="finite"):
        write_value(float("nan"))


def test_shared_streams_are_split_and_chains_joined() -> None:
    source = Input("a.mp4")
    video = InputStream(source, "video", 0)
    small = node("scale", video, w=10, h=None)
    both = node("hstack", small, node("hflip", small))
    sound = node("volume", InputStream(source, "audio", 1), volume=0.5)
    emitted = emit((both, video, sound))
    lines = emitted.text.split(";\n")
    assert [re.sub(r"\[n\d+\]", "[]", line) for line in lines] == [
        "[0:0]split=2[][]",
        "[]scale=w=10[]",
        "[]split=2[][]",
        "[]hflip[]",
        "[][]hstack[]",
        "[0:1]volume=volume=0.5[]",
    ]
    assert emitted.inputs == (source,)
    assert emitted.filters == 6
    assert len(emitted.labels) == 3


def test_sound_is_split_as_sound() -> None:
    sound = InputStream(Input("a.mp4"), "audio", 1)
    emitted = emit((node("amix", node("volume", sound, volume=1), sound),))
    assert "asplit=2" in emitted.text


def test_an_output_that_nothing_takes_is_a_fault() -> None:
    channels = Node("channelsplit", (), (InputStream(Input("a.mp4"), "audio", 1),), "audio", outputs=2)
    with pytest.raises(ValueError, match="taken by nothing"):
        emit((Pad(channels, 0),))


def test_inputs_alone_need_no_graph() -> None:
    source = Input("-a.mp4", (("f", "mov"), ("noautorotate", None)))
    built = arguments(
        Command((Output((InputStream(source, "video", 0),), (("c", "copy"),), "o.mp4"),), extra_inputs=(Input("x"),))
    )
    wanted = "-nostdin -hide_banner -i x -f mov -noautorotate -i -a.mp4 -map 1:0 -c copy o.mp4"
    assert list(built.argv) == wanted.split()
    assert (built.graph, built.files, built.filters, built.inputs) == ("", (), 0, 2)


def test_long_graphs_go_through_a_file() -> None:
    stream: Pad = node("color", medium="video")
    for _ in range(5_000):
        stream = node("hflip", stream, note="x" * 10)
    built = arguments(Command((Output((stream,), (), "-"),), files=(SideFile("a", b""),)))
    assert [file.name for file in built.files] == ["a", GRAPH_FILE]
    assert "-/filter_complex" in built.argv
    assert max(len(part) for part in built.argv) < 1_000


def test_ways_double_with_every_stage_that_splits_and_joins() -> None:
    stream: Stream = node("color", medium="video", d=1)
    for _ in range(10):
        stream = node("blend", stream, node("negate", stream), all_mode="multiply")
    measured = measure((stream,))
    assert measured.ways == 2**10
    assert measured.filters == 1 + 3 * 10
    joined = node("concat", stream, stream, n=2, v=1, a=0)
    assert measure((joined,)).ways == 2**10
