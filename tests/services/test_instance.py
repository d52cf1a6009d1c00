"""Several sidecars on one machine: who owns what, and what is taken over from the dead."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep, time

import pytest

from protocol.commands.settings import Settings
from protocol.errors import DiskFull, SettingsInvalid
from sidecar.services import files, instance
from sidecar.services.folders import Folders, Roots, roots_of, settings_file
from sidecar.services.instance import open_folders
from sidecar.services.locks import FileLock, try_lock
from tests.harness.patience import PATIENCE

HOLD = """
import sys
from pathlib import Path
from sidecar.services.folders import Roots
from sidecar.services.instance import open_folders
root = Path(sys.argv[1])
with open_folders(Roots(root / "data", root / "cache", root / "temp", root / "log")) as folders:
    (folders.data / "jobs").write_text("mine")
    (folders.temp / "part").write_text("mine")
    print(folders.data, folders.temp, *folders.adopted, sep="\\n", flush=True)
    sys.stdin.read()
"""


BEARING = """
import os, sys, time
from pathlib import Path
from sidecar.services.folders import Roots
from sidecar.services.instance import open_folders
root = Path(sys.argv[1])
roots = Roots(root / "data", root / "cache", root / "temp", root / "log")
with open_folders(roots) as first, open_folders(roots) as second:
    (second.data / "jobs").write_text("mine")
    child = os.fork()
    if child == 0:
        time.sleep(600)
    print(child, second.data, sep="\\n", flush=True)
    sys.stdin.read()
"""
"""A process with a child that has copies of its locks, as each has between its fork and its exec."""


def _roots(root: Path) -> Roots:
    return Roots(root / "data", root / "cache", root / "temp", root / "log")


def test_a_lock_that_is_given_back_is_free_though_a_child_has_a_copy_of_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = try_lock(path)
    assert lock is not None
    # As a child has it from its birth until it becomes its program.
    copy = os.dup(lock.descriptor)
    lock.release()
    again = try_lock(path)
    assert again is not None
    again.release()
    os.close(copy)


class Other:
    """Another sidecar's folders, in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.data = Path(self.process.stdout.readline().strip())
        self.temp = Path(self.process.stdout.readline().strip())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def end(self) -> None:
        self.process.communicate("", timeout=PATIENCE)


@contextmanager
def _other(root: Path) -> Iterator[Other]:
    other = Other(root)
    try:
        yield other
    finally:
        other.process.kill()
        other.process.communicate(timeout=PATIENCE)


def test_the_first_owns_the_data_folder_and_a_second_its_own(tmp_path: Path) -> None:
    with _other(tmp_path) as first, open_folders(_roots(tmp_path)) as second:
        assert first.data == tmp_path / "data"
        assert second.data.parent == tmp_path / "data" / "instances"
        assert second.log != tmp_path / "log"
        assert second.adopted == ()
        assert second.cache == tmp_path / "cache"
        assert first.temp != second.temp
        assert (first.temp / "part").read_text() == "mine"
        assert second.temp.stat().st_mode & 0o777 == 0o700
    # What a second left is nothing, so its folder went with it.
    assert list((tmp_path / "data" / "instances").iterdir()) == []


def test_a_restarted_one_adopts_the_dead_and_leaves_the_living_alone(tmp_path: Path) -> None:
    with _other(tmp_path) as first, _other(tmp_path) as second, _other(tmp_path) as third:
        first.kill()
        second.kill()
        with open_folders(_roots(tmp_path)) as again:
            assert again.data == tmp_path / "data"
            assert again.adopted == (second.data,)
            assert (second.data / "jobs").read_text() == "mine"
            assert not first.temp.exists()
            assert not second.temp.exists()
            assert (third.temp / "part").exists()
            (second.data / "jobs").unlink()
        assert not second.data.exists()
        assert third.data.is_dir()


def test_the_dead_are_followed_though_a_child_has_their_locks_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BEARING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as bearing:
        assert bearing.stdout is not None
        child, left = int(bearing.stdout.readline()), Path(bearing.stdout.readline().strip())
        bearing.send_signal(signal.SIGKILL)
        # Nobody has waited for it yet: it is a zombie.
        os.waitid(os.P_PID, bearing.pid, os.WEXITED | os.WNOWAIT)
        waits: list[float] = []

        def waited(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == len(instance.GLANCES) + 3:
                os.kill(child, signal.SIGKILL)
            sleep(seconds)

        monkeypatch.setattr(instance, "sleep", waited)
        with open_folders(_roots(tmp_path)) as heir:
            assert (heir.data, heir.adopted) == (tmp_path / "data", (left,))
            (left / "jobs").unlink()
        assert len(waits) >= len(instance.GLANCES) + 3


def test_a_guest_leaves_the_data_folder_to_the_app(tmp_path: Path) -> None:
    with _other(tmp_path) as dead:
        dead.kill()
    with open_folders(_roots(tmp_path), guest=True) as one, open_folders(_roots(tmp_path), guest=True) as two:
        assert {one.data.parent, two.data.parent} == {tmp_path / "data" / "instances"}
        assert one.data != two.data
        assert (one.adopted, two.adopted) == ((), ())
        # An app that starts beside them goes on with what is its own.
        with open_folders(_roots(tmp_path)) as app:
            assert (app.data, app.log) == (tmp_path / "data", tmp_path / "log")
            assert (app.data / "jobs").read_text() == "mine"
    assert list((tmp_path / "data" / "instances").iterdir()) == []
    assert not list((tmp_path / "log").glob("instances/*"))


def test_a_guest_sweeps_what_dead_guests_left_and_nothing_more(tmp_path: Path) -> None:
    instances = tmp_path / "data" / "instances"
    for name in ("bare", "living", "full"):
        (instances / name).mkdir(parents=True)
        (instances / name / "instance.lock").touch()
    (instances / "full" / "jobs.sqlite").touch()
    living = try_lock(instances / "living" / "instance.lock")
    assert living is not None
    with open_folders(_roots(tmp_path), guest=True) as guest:
        assert {path.name for path in instances.iterdir()} == {"living", "full", guest.data.name}
        # What others left is for an app to adopt, at any moment.
        lock = try_lock(instances / "full" / "instance.lock")
        assert lock is not None
        lock.release()
    living.release()


def test_a_glance_at_the_lock_costs_nobody_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    glance = try_lock(tmp_path / "data" / "instance.lock")
    assert glance is not None
    monkeypatch.setattr(instance, "sleep", lambda _: glance.release())
    with open_folders(_roots(tmp_path)) as app:
        assert app.data == tmp_path / "data"


def test_a_folder_that_is_swept_while_it_is_claimed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Path] = []

    def sweep_first(path: Path) -> FileLock | None:
        if path.parent.parent.name == "instances" and not swept:
            swept.append(path.parent)
            path.parent.rmdir()
        return try_lock(path)

    monkeypatch.setattr(instance, "try_lock", sweep_first)
    with open_folders(_roots(tmp_path), guest=True) as guest:
        assert guest.data == swept[0]
        assert guest.data.is_dir()


def test_old_logs_of_the_dead_go_and_new_ones_stay(tmp_path: Path) -> None:
    for name, age in (("old", 8), ("new", 6), ("living", 8), ("empty", None)):
        folder = tmp_path / "log" / "instances" / name
        folder.mkdir(parents=True)
        if age is not None:
            (folder / "sidecar.jsonl").write_text("{}")
            os.utime(folder / "sidecar.jsonl", times=(time() - age * 86_400,) * 2)
    (tmp_path / "data" / "instances" / "living").mkdir(parents=True)
    living = try_lock(tmp_path / "data" / "instances" / "living" / "instance.lock")
    assert living is not None
    with open_folders(_roots(tmp_path)):
        assert sorted(path.name for path in (tmp_path / "log" / "instances").iterdir()) == ["living", "new"]
    living.release()


def test_temp_goes_at_the_end_and_data_stays(tmp_path: Path) -> None:
    with _other(tmp_path) as first:
        first.end()
        assert list((tmp_path / "temp").iterdir()) == []
        assert (tmp_path / "data" / "jobs").exists()


def test_folders_are_for_this_user_only(tmp_path: Path) -> None:
    with open_folders(_roots(tmp_path)) as folders:
        for folder in (folders.data, folders.cache, folders.temp, folders.log):
            assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("name", "key"), [("data", "dataDir"), ("cache", "cacheDir"), ("temp", "tempDir")])
def test_a_folder_that_cannot_be_made_names_its_setting(tmp_path: Path, name: str, key: str) -> None:
    (tmp_path / name).write_text("a file stands here")
    with pytest.raises(SettingsInvalid) as caught, open_folders(_roots(tmp_path)):
        pass
    assert caught.value.key == key
    if key != "dataDir":
        # What was locked on the way is free again.
        lock = try_lock(tmp_path / "data" / "instance.lock")
        assert lock is not None
        lock.release()


def test_a_full_disk_is_disk_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(instance, "make_private", full)
    with pytest.raises(DiskFull), open_folders(_roots(tmp_path)):
        pass


def test_a_name_that_someone_was_faster_to_lock_is_left_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: "same")
    (tmp_path / "temp").mkdir()
    lock = try_lock(tmp_path / "temp" / "same.lock")
    assert lock is not None
    with open_folders(_roots(tmp_path)) as folders:
        assert folders.temp == tmp_path / "temp" / "same-2"
    lock.release()


def test_what_lies_among_the_instances_and_is_no_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data" / "instances").mkdir(parents=True)
    (tmp_path / "data" / "instances" / "stray").write_text("")
    with open_folders(_roots(tmp_path)) as folders:
        assert folders.adopted == ()


def test_a_lock_whose_file_was_replaced_is_taken_again(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    assert try_lock(tmp_path / "lock") is None
    lock.release(remove=True)
    assert not (tmp_path / "lock").exists()
    again = try_lock(tmp_path / "lock")
    assert again is not None
    again.release()


def test_a_lock_that_its_holder_removed_under_us_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    removed: list[int] = []

    def remove_first(descriptor: int, operation: int) -> None:
        if not removed:
            removed.append(descriptor)
            (tmp_path / "lock").unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    assert (tmp_path / "lock").exists()
    assert try_lock(tmp_path / "lock") is None
    lock.release()


def test_a_folder_that_cannot_be_opened_is_not_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    files.fsync_folder(tmp_path)


def test_settings_override_the_platform(tmp_path: Path) -> None:
    named = roots_of(Settings(data_dir=str(tmp_path / "d"), cache_dir=str(tmp_path / "c")))
    assert named == Roots(tmp_path / "d", tmp_path / "c", tmp_path / "c" / "temp", tmp_path / "d" / "log")
    assert roots_of(Settings(temp_dir="/t")).temp == Path("/t")
    assert roots_of(Settings()).data.name == "video-compiler-sidecar"
    assert settings_file({"SIDECAR_CONFIG_DIR": str(tmp_path)}) == tmp_path / "settings.json"
    assert settings_file({}).parent.name == "video-compiler-sidecar"
    assert Folders(tmp_path, tmp_path, tmp_path, tmp_path, "i").adopted == ()
