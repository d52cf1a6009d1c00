"""`sidecar gpu`: what it shows of cards and tests, told instead of measured, and of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.commands.gpu import Benchmark, BenchmarkRow, DecoderTest, EncoderList, EncoderTest, Gpu
from sidecar.cli import main
from sidecar.cli.gpu import benchmark_rows, card_row, chosen, decoder_rows, encoder_rows
from tests.cli.conftest import write_project
from tests.harness.fake_ffmpeg import SAID, fake_ffmpeg

H264 = EncoderTest(
    encoder="h264_nvenc", codec="h264", family="nvenc", outcome="works", reason=None, error=None, seconds=0.2
)
HEVC = EncoderTest(
    encoder="hevc_nvenc", codec="hevc", family="nvenc", outcome="works", reason=None, error=None, seconds=0.2
)
AV1 = EncoderTest(
    encoder="av1_nvenc",
    codec="av1",
    family="nvenc",
    outcome="failed",
    reason="No capable devices found",
    error="encoderUnavailable",
    seconds=0.1,
)


def test_encoders_of_one_result_stand_in_one_row() -> None:
    assert encoder_rows([H264, HEVC, AV1]) == [
        ("nvenc", "h264_nvenc hevc_nvenc", "ok", ""),
        ("nvenc", "av1_nvenc", "no", "No capable devices found"),
    ]
    decoders = [
        DecoderTest(method="cuda", codec=codec, outcome="absent", reason="not built", error=None, seconds=None)
        for codec in ("h264", "hevc")
    ]
    assert decoder_rows(decoders) == [("cuda", "h264 hevc", "absent", "not built")]


def test_what_auto_takes_is_said() -> None:
    found = EncoderList(ffmpeg="9", driver=None, encoders=[], decoders=[], automatic={"h264": "nvenc", "av1": None})
    assert chosen(found) == 'hardware "auto" takes nvenc for h264'
    none = EncoderList(ffmpeg="9", driver=None, encoders=[], decoders=[], automatic={"h264": None})
    assert chosen(none) == 'hardware "auto" takes the software encoders'


def test_what_a_card_does_not_measure_is_a_dash() -> None:
    card = Gpu(
        index=0,
        name="Card",
        driver="600",
        utilization=0.25,
        memory_used=2**30,
        memory_total=2**33,
        encoder=None,
        decoder=0.0,
        temperature=41.2,
        power=None,
        processes=None,
    )
    assert card_row(card) == ("Card", "600", "1.0 GiB of 8.0 GiB", "25%", "-", "0%", "41", "-")


def test_figures_of_encoders_stand_beside_those_of_software() -> None:
    rows = [
        BenchmarkRow(encoder="libx264", codec="h264", family=None, frames_per_second=50, relative=1, reason=None),
        BenchmarkRow(
            encoder="h264_nvenc", codec="h264", family="nvenc", frames_per_second=400, relative=8, reason=None
        ),
        BenchmarkRow(
            encoder="h264_qsv", codec="h264", family="qsv", frames_per_second=None, relative=None, reason="it is gone"
        ),
    ]
    assert benchmark_rows(Benchmark(width=128, height=128, frames=10, results=rows)) == [
        ("libx264", "50.0", "1.00x"),
        ("h264_nvenc", "400.0", "8.00x"),
        ("h264_qsv", "it is gone", "-"),
    ]


def test_the_command_tries_everything_on_this_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIDECAR_FFMPEG", str(fake_ffmpeg(tmp_path)))
    assert main(["gpu", "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    found = json.loads(captured.out)
    assert set(found) == {"list", "encoders", "benchmark"}
    assert found["benchmark"] is None
    works = {test["encoder"] for test in found["encoders"]["encoders"] if test["outcome"] == "works"}
    assert "h264_nvenc" in works
    assert found["encoders"]["automatic"]["h264"] == "nvenc"


def test_a_render_says_which_encoder_gave_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIDECAR_FFMPEG", str(fake_ffmpeg(tmp_path, dies_at=5)))
    path = write_project(Path("p.json"), export={"audio": None, "video": {"hardware": "auto"}})
    assert main(["render", str(path), "-o", "out.mp4"]) == 0
    out = capsys.readouterr().out
    assert "h264_nvenc gave out, libx264 did its work: " in out
    assert SAID.strip() in out
    assert Path("out.mp4").stat().st_size > 0
