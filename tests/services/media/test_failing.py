"""What cannot be made of a file is not tried at every request."""

from __future__ import annotations

import pytest

from protocol.errors import Cause, DecoderCrashed, DiskFull, MediaUnreadable, MediaUnsupported, SidecarError
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.media.failing import Failing

KEY, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    "error",
    [
        MediaUnreadable(path="one", detail="broken"),
        MediaUnsupported(
            path="one",
            detail="odd",
            message="Its own words",
            suggestion="Convert it",
            causes=(Cause(kind="a", message="b", context={}),),
        ),
    ],
)
def test_a_failure_of_the_file_is_told_again_under_the_name_that_is_asked_for(error: SidecarError) -> None:
    memory, ran = MemoryTier(1 << 20), list[str]()
    failing = Failing(lambda: memory, "waveforms")
    with pytest.raises(type(error)), failing.noted(KEY, "one"):
        raise error
    with pytest.raises(type(error)) as again, failing.noted(KEY, "two"):
        ran.append("again")
    assert ran == []
    assert again.value.context() == {**error.context(), "path": "two"}
    assert (again.value.suggestion, again.value.causes) == (error.suggestion, error.causes)
    assert again.value.message == (again.value.said() if error.message == error.said() else error.message)
    assert memory.use().kinds["waveforms"].failures == 1
    with failing.noted(OTHER, "two"):
        ran.append("another")
    with Failing(lambda: memory, "analysis").noted(KEY, "two"):
        ran.append("another kind")
    assert ran == ["another", "another kind"]


def test_what_may_be_over_at_once_is_tried_again() -> None:
    memory = MemoryTier(1 << 20)
    failing = Failing(lambda: memory, "waveforms")
    with pytest.raises(DiskFull), failing.noted(KEY, "one"):
        raise DiskFull(path="cache")
    with pytest.raises(DecoderCrashed), failing.noted(KEY, "one"):
        raise DecoderCrashed(path="one", signal=11)
    with failing.noted(KEY, "one"):
        """It runs."""
    with pytest.raises(MediaUnreadable), Failing(lambda: memory, "proxies", seconds=0).noted(KEY, "one"):
        raise MediaUnreadable(path="one", detail="broken")
    with failing.noted(KEY, "one"):
        """It was long ago."""
