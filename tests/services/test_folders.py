"""Our own folders on Linux against those of platformdirs."""

from __future__ import annotations

import platformdirs
import pytest

from sidecar.services.folders import APPLICATION, own_folder

HOMES = ("/home/somebody", "/", "", "relative")
VALUES = (None, "", "/elsewhere", "/else//where/", " /spaced", "relative", "~/tilde")


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("value", VALUES)
def test_folders_are_where_the_platform_has_them(monkeypatch: pytest.MonkeyPatch, home: str, value: str | None) -> None:
    monkeypatch.setenv("HOME", home)
    for name in ("DATA", "CACHE", "CONFIG", "STATE"):
        if value is None:
            monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
        else:
            monkeypatch.setenv(f"XDG_{name}_HOME", value)
    assert own_folder("data") == platformdirs.user_data_path(APPLICATION, appauthor=False)
    assert own_folder("cache") == platformdirs.user_cache_path(APPLICATION, appauthor=False)
    assert own_folder("config") == platformdirs.user_config_path(APPLICATION, appauthor=False)
    assert own_folder("log") == platformdirs.user_log_path(APPLICATION, appauthor=False)
