"""A cache's folder that takes nothing: nothing wrong is served, nothing breaks, and nothing whole is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.harness.mounts import may_mount
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.services.cache.on_read_only import ENTRIES

if may_mount():

    def test_a_read_only_folder_loses_nothing(tmp_path: Path) -> None:
        done = subprocess.run(
            ["unshare", "--mount", sys.executable, "-m", "tests.services.cache.on_read_only", str(tmp_path)],
            capture_output=True,
            cwd=ROOT,
            timeout=PATIENCE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert not told["keptOpen"]
        assert told["refused"] == "outputUnwritable"
        assert told["keptAfter"]
        assert (told["after"], told["reopened"], told["last"]) == (ENTRIES, ENTRIES, True)
