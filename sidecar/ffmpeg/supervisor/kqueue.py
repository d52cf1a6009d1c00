"""macOS and the BSDs: a kernel queue tells of the end of a process. Expected to work, not proved here."""

from __future__ import annotations

import sys

if sys.platform != "linux" and sys.platform != "win32":
    import select
    from contextlib import closing

    def sleep_until_ended(pid: int) -> None:
        """Block until the process has ended; it stays unreaped."""
        with closing(select.kqueue()) as queue:
            event = select.kevent(pid, filter=select.KQ_FILTER_PROC, flags=select.KQ_EV_ADD, fflags=select.KQ_NOTE_EXIT)
            try:
                queue.control([event], 1)
            except ProcessLookupError:
                return  # it had ended before we asked
