"""The parser: help, versions, mistakes."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sidecar.cli import main
from sidecar.cli.app import COMMANDS, build, run
from tests.harness.patience import PATIENCE


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name, summary in COMMANDS.items():
        assert f"{name} {summary}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "serve":
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
    else:
        assert main([name, "--help"]) == 0
    assert name in capsys.readouterr().out


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == version("video-compiler-sidecar")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rendr", "x"], 'Did you mean "render"?'),
        (["render"], "PROJECT"),
        (["render", "a.json"], "--out"),
        (["validate", "a.json", "--media", "never"], "never"),
        (["probe", "a.mp4", "--nothing"], "--nothing"),
    ],
    ids=["command", "argument", "option", "choice", "unknown"],
)
def test_mistakes_are_told_without_a_traceback(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_a_setting_needs_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--set", "logLevel"])
    assert "KEY=VALUE" in capsys.readouterr().err


def test_serve_is_the_same_through_either_door(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(["serve", "--help"])
    assert "--record" in capsys.readouterr().out


def test_the_commands_are_those_of_the_folder() -> None:
    folder = Path(sys.modules["sidecar.cli"].__path__[0])
    assert {f"{name}.py" for name in COMMANDS} <= {path.name for path in folder.iterdir()}
    assert set(COMMANDS) <= set(build())


def test_parsing_imports_no_service() -> None:
    code = (
        "import sys\nfrom sidecar.cli import main\nmain(['render', '--help'])\n"
        "assert not [name for name in sys.modules if name.startswith('sidecar.services')], sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)


def test_serve_imports_no_parser_of_other_commands() -> None:
    code = (
        "import sys\nfrom sidecar.cli import main\n"
        "try:\n    main(['serve', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert 'cyclopts' not in sys.modules and 'rich' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
