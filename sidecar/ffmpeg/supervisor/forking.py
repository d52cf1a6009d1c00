"""Between its fork and its exec a child has a copy of every descriptor, of those that are closed on exec too.

For that moment, long on a machine under load, it looks to others as if it read or wrote what the sidecar has open. So
what nobody may seem to have open is opened and closed while nothing forks.
"""

from __future__ import annotations

import threading

FORKING = threading.Lock()
"""Held from a fork to its exec. Never while waiting for anything else."""
