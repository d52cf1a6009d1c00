from __future__ import annotations

import pytest

from tests.harness.reference.films import write_films
from tests.reference.rendered import Films


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    folder = tmp_path_factory.mktemp("films")
    return Films(folder, write_films(folder))
