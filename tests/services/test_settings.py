from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocol.commands.settings import Settings
from protocol.errors import DiskFull, OutputUnwritable, SettingsInvalid
from sidecar.services.events import EventHub
from sidecar.services.setting_values import NAMES, environment_name
from sidecar.services.settings import SettingsStore
from tests.harness.patience import PATIENCE


def _write(path: Path, settings: dict[str, Any]) -> None:
    path.write_text(json.dumps({"version": 1, "settings": settings}))


def test_argument_over_environment_over_file_over_default(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    _write(path, {"logFiles": 2, "workers": 2, "maxJobs": 2})
    environ = {"SIDECAR_LOG_FILES": "3", "SIDECAR_WORKERS": "3", "SIDECAR_LOCALE": "", "OTHER": "1"}
    store = SettingsStore(path, arguments={"logFiles": 4, "locale": None}, environ=environ)
    assert (store.current.log_files, store.current.workers, store.current.max_jobs) == (4, 3, 2)
    state = store.state(["logFiles", "workers", "maxJobs", "locale"])
    assert state.settings == {"logFiles": 4, "workers": 3, "maxJobs": 2, "locale": "en"}
    assert state.sources == {
        "logFiles": "argument",
        "workers": "environment",
        "maxJobs": "file",
        "locale": "default",
    }
    assert state.path == str(path)
    assert set(store.state().settings) == set(NAMES)


def test_one_rule_names_every_variable() -> None:
    assert environment_name("ffmpegPath") == "SIDECAR_FFMPEG"
    assert environment_name("dataDir") == "SIDECAR_DATA_DIR"
    assert environment_name("minFreeDiskBytes") == "SIDECAR_MIN_FREE_DISK_BYTES"
    assert len({environment_name(key) for key in NAMES}) == len(NAMES)


def test_text_of_the_environment_is_read_as_the_setting_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {
        "SIDECAR_METRICS_TOKEN": "false",
        "SIDECAR_AUTOSAVE_SECONDS": "0.5",
        "SIDECAR_DATA_DIR": "data",
        "SIDECAR_FFMPEG": "/opt/ffmpeg",
    }
    current = SettingsStore(tmp_path / "none.json", environ=environ).current
    assert current.metrics_token is False
    assert current.autosave_seconds == 0.5
    assert current.data_dir == str(tmp_path / "data")
    assert current.ffmpeg_path == "/opt/ffmpeg"


@pytest.mark.parametrize(
    ("environ", "arguments", "key"),
    [
        ({"SIDECAR_LOG_FILES": "many"}, {}, "SIDECAR_LOG_FILES"),
        ({}, {"workers": 10_000}, "workers"),
        ({}, {"wrokers": 1}, "wrokers"),
    ],
)
def test_a_start_with_a_value_that_cannot_be_names_who_said_it(
    tmp_path: Path, environ: dict[str, str], arguments: dict[str, Any], key: str
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        SettingsStore(tmp_path / "s.json", environ=environ, arguments=arguments)
    assert caught.value.key == key


def test_a_change_is_kept_applied_and_published(tmp_path: Path) -> None:
    hub = EventHub()
    subscription = hub.subscribe(["settings.changed"])
    path = tmp_path / "config" / "settings.json"
    store = SettingsStore(path, events=hub)
    seen: list[Settings] = []
    store.watch(seen.append)
    applied = store.set({"autosaveSeconds": 5, "httpPort": 8080})
    assert (applied.applied, applied.need_restart) == (["autosaveSeconds"], ["httpPort"])
    assert applied.settings["httpPort"] == 8080
    assert (store.current.autosave_seconds, store.current.http_port) == (5.0, 0)
    assert store.state(["httpPort"]).settings == {"httpPort": 8080}
    assert [each.autosave_seconds for each in seen] == [2.0, 5.0]
    event = subscription.take()
    assert event is not None
    assert event.payload.keys == ["httpPort", "autosaveSeconds"]
    assert path.stat().st_mode & 0o777 == 0o600
    again = SettingsStore(path)
    assert (again.current.autosave_seconds, again.current.http_port) == (5.0, 8080)
    # Back to what is in force: nothing waits for a restart any more.
    assert store.set({"httpPort": 0}).need_restart == []
    assert store.set({"autosaveSeconds": 5}).applied == ["autosaveSeconds"]
    assert subscription.take() is not None
    assert subscription.take() is None


def test_without_persist_it_holds_until_the_end(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "s.json", environ={"SIDECAR_LOG_LEVEL": "error"})
    store.set({"logLevel": "debug"}, persist=False)
    assert store.current.log_level == "debug"
    assert store.state(["logLevel"]).sources == {"logLevel": "argument"}
    assert not (tmp_path / "s.json").exists()


@pytest.mark.parametrize(
    ("values", "persist", "key", "says"),
    [
        ({"autosaveSeconds": 1, "logFiles": 0}, True, "logFiles", ">= 1"),
        ({"autosaveSeconds": float("nan")}, True, "autosaveSeconds", ">= 0"),
        ({"autosaveSecond": 1}, True, "autosaveSecond", "no such"),
        ({"zzz": 1}, True, "zzz", "no such"),
        ({"dataDir": "relative"}, True, "dataDir", "absolute"),
        ({"dataDir": "/nul\0l"}, True, "dataDir", "absolute"),
        ({"locale": None}, True, "locale", "str"),
        ({"locale": "en"}, True, "locale", "SIDECAR_LOCALE"),
        ({"maxJobs": 1}, True, "maxJobs", "argument"),
        ({"httpPort": 1}, False, "httpPort", "start"),
    ],
)
def test_all_or_none(tmp_path: Path, values: dict[str, Any], persist: bool, key: str, says: str) -> None:  # noqa: FBT001
    store = SettingsStore(tmp_path / "s.json", environ={"SIDECAR_LOCALE": "ru"}, arguments={"maxJobs": 3})
    before = store.current
    with pytest.raises(SettingsInvalid) as caught:
        store.set(values, persist=persist)
    assert caught.value.key == key
    assert says in caught.value.detail
    assert store.current == before
    assert not (tmp_path / "s.json").exists()


def test_the_nearest_name_is_suggested(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "s.json")
    with pytest.raises(SettingsInvalid) as caught:
        store.state(["autosaveSecond"])
    assert caught.value.suggestion == "Did you mean autosaveSeconds?"


@pytest.mark.parametrize(
    "text",
    [
        "{ not json",
        "[]",
        "{}",
        '{"version": "1"}',
        '{"version": 2, "settings": {}}',
        '{"version": 0}',
        '{"version": 1}',
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_set_aside_and_reported(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    store = SettingsStore(path)
    assert store.current == Settings()
    assert store.broken is not None
    assert store.broken.kept_as is not None
    assert store.broken.kept_as.read_text() == text
    assert store.broken.detail
    assert not path.exists()


def test_what_is_sound_in_a_broken_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    _write(path, {"logFiles": 7, "workers": "many", "unknown": 1})
    store = SettingsStore(path)
    assert store.broken is not None
    assert "workers" in store.broken.detail
    assert "unknown" in store.broken.detail
    assert store.current.log_files == 7
    again = SettingsStore(path)
    assert (again.broken, again.current.log_files) == (None, 7)


def test_a_file_that_cannot_be_read_is_reported_and_left(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()
    store = SettingsStore(path)
    assert store.broken is not None
    assert store.broken.kept_as is None
    assert path.is_dir()


def test_a_broken_file_that_cannot_be_moved_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    _write(path, {"logFiles": 7, "unknown": 1})

    def refuse(_path: Path, _target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    store = SettingsStore(path)
    assert store.broken is not None
    assert store.broken.kept_as is None
    assert store.current.log_files == 7


def test_two_sidecars_do_not_undo_each_others_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = SettingsStore(path), SettingsStore(path)
    one.set({"logFiles": 3})
    other.set({"maxJobs": 4})
    again = SettingsStore(path).current
    assert (again.log_files, again.max_jobs) == (3, 4)


def test_a_folder_that_refuses_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file stands here")
    store = SettingsStore(tmp_path / "config" / "settings.json")
    with pytest.raises(OutputUnwritable):
        store.set({"autosaveSeconds": 5})
    assert store.current.autosave_seconds == 2.0


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    _write(path, {"logFiles": 7})
    script = (
        "import resource, signal, sys; from pathlib import Path;"
        "from sidecar.services.settings import SettingsStore; from protocol.errors import DiskFull;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); store = SettingsStore(Path(sys.argv[1]));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try: store.set({'maxJobs': 3})\n"
        "except DiskFull as error: sys.exit(42)"
    )
    environ = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=PATIENCE, env=environ)
    assert done.returncode == 42
    assert [each.name for each in tmp_path.iterdir()] == ["settings.json"]
    assert SettingsStore(path).current.log_files == 7
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10


def test_a_disk_that_fills_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SettingsStore(tmp_path / "s.json")

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        store.set({"maxJobs": 3})
    assert list(tmp_path.iterdir()) == []
    assert store.current.max_jobs == 0
