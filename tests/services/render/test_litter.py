"""Parts of dead sidecars go, parts of living ones stay."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.services.render.extras import REPLACED, extra_folder
from sidecar.services.render.litter import claim, sweep_parts
from sidecar.services.render.publish import part_path
from tests.harness.patience import PATIENCE

OWNER = "0123456789abcdef-1"
HOLD = """
import sys
from pathlib import Path
from sidecar.services.render.litter import claim
lock = claim(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_part_that_is_written_stays(tmp_path: Path) -> None:
    part = part_path(tmp_path / "film.mp4", OWNER)
    lock = claim(part)
    assert sweep_parts(tmp_path) == []
    with pytest.raises(FileExistsError):
        claim(part)
    lock.release()
    assert sweep_parts(tmp_path) == [part]
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_claimed_though_somebody_just_looks_whether_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, plain = part_path(tmp_path / "film.mp4", OWNER), tmp_path / "plain"
    plain.write_bytes(b"")
    looking = claim(part)
    # It takes the part for one of the dead's, and removes it.
    monkeypatch.setattr("sidecar.services.render.litter.sleep", lambda _: looking.release(remove=True))
    lock = claim(part)
    assert sweep_parts(tmp_path) == []
    assert part.stat().st_mode == plain.stat().st_mode
    lock.release()


def test_the_part_of_a_killed_process_goes(tmp_path: Path) -> None:
    part = part_path(tmp_path / "film.mp4", OWNER)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(part)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert sweep_parts(tmp_path) == []
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE)
    assert sweep_parts(tmp_path) == [part]


def test_files_of_others_stay(tmp_path: Path) -> None:
    for name in (".download.part", ".film.mp4.part", "film.mp4", ".film.mp4.xyz-1.part"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / part_path(tmp_path / "d", OWNER).name).mkdir()
    assert sweep_parts(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 5


def test_a_part_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    part, plain = part_path(tmp_path / "film.mp4", OWNER), tmp_path / "plain"
    plain.write_bytes(b"")
    claim(part).release()
    assert part.stat().st_mode == plain.stat().st_mode


def test_what_lies_beside_a_part_goes_with_it_and_a_folder_that_was_replaced_comes_back(tmp_path: Path) -> None:
    part = part_path(tmp_path / "shots", OWNER)
    claim(part).release()
    extras = extra_folder(part)
    (extras / "pictures").mkdir(parents=True)
    (extras / "pictures" / "frame-00000.png").write_bytes(b"half")
    (extras / REPLACED / "shots").mkdir(parents=True)
    (extras / REPLACED / "shots" / "frame-00000.png").write_bytes(b"old")
    assert sweep_parts(tmp_path) == [part]
    assert [path.name for path in tmp_path.iterdir()] == ["shots"]
    assert (tmp_path / "shots" / "frame-00000.png").read_bytes() == b"old"
