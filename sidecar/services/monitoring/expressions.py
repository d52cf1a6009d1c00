"""The numbers that history keeps, as PromQL reads them out of the families."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sidecar.services.monitoring.families import PREFIX

_MINUTE = "[1m]"
_NAMED = re.compile(r"<(\w+)(?:\|([^<>]*))?>")

_EXPRESSIONS: Mapping[str, str] = {
    "system.cpu": "<system_cpu_ratio>",
    "system.load": "<system_load1>",
    "system.memory": "<system_memory_used_bytes> / <system_memory_total_bytes>",
    "system.memoryUsed": "<system_memory_used_bytes>",
    "system.diskFree": "<system_disk_free_bytes>",
    "system.diskFreeRatio": "<system_disk_free_ratio>",
    "process.cpu": f"rate(<process_cpu_seconds_total>{_MINUTE}) / <system_cpu_cores>",
    "process.rss": "<process_resident_memory_bytes>",
    "process.threads": "<process_threads>",
    "process.fds": "<process_open_fds>",
    "process.loopLag": '<event_loop_lag_seconds|percentile="99">',
    "children.count": "sum without (role) (<child_processes>)",
    "children.cpu": "sum without (role) (<children_cpu_ratio>)",
    "children.rss": "sum without (role) (<children_resident_memory_bytes>)",
    "children.crashes": "<recent_child_crashes>",
    "gpu.utilization": "max without (gpu) (<gpu_utilization_ratio>)",
    "gpu.memory": "max without (gpu) (<gpu_memory_used_bytes> / <gpu_memory_total_bytes>)",
    "gpu.encoder": "max without (gpu) (<gpu_encoder_ratio>)",
    "gpu.decoder": "max without (gpu) (<gpu_decoder_ratio>)",
    "gpu.temperature": "max without (gpu) (<gpu_temperature_celsius>)",
    "gpu.power": "sum without (gpu) (<gpu_power_watts>)",
    "operations.rate": f"sum without (operation, outcome) (rate(<operations_total>{_MINUTE}))",
    "operations.active": "<rpc_requests_in_flight>",
    "operations.errorRatio": "<error_ratio>",
    "operations.responseTime": "<response_time_seconds>",
    "queues.depth": "sum without (queue) (<queue_depth>)",
    "queues.oldest": 'max without (queue) (<queue_oldest_seconds|queue!="render">)',
    "render.running": '<queue_running|queue="render">',
    "render.queued": '<queue_depth|queue="render">',
    "render.framesPerSecond": "<render_frames_per_second>",
    "render.stalled": "<render_stalled_seconds>",
    "cache.hitRatio": "<cache_hit_ratio>",
    "cache.memoryBytes": '<cache_bytes|tier="memory">',
    "cache.diskBytes": '<cache_bytes|tier="disk">',
    "rpc.connections": "<rpc_connections>",
    "rpc.inFlight": "<rpc_requests_in_flight>",
    "rpc.received": f"rate(<rpc_messages_received_total>{_MINUTE})",
    "rpc.sent": f"rate(<rpc_messages_sent_total>{_MINUTE})",
}

SAMPLES: Mapping[str, str] = {
    "operations.responseTime": "<recent_interactive_operations>",
    "cache.hitRatio": "<recent_cache_lookups>",
}
"""How many events stand behind a number, of those that are there whatever their count is."""


def expression(series: str, where: str = "") -> str:
    """Return the PromQL of a series, of the sidecars that the label matchers `where` name."""
    return selected(_EXPRESSIONS[series], where)


def selected(text: str, where: str = "") -> str:
    """Put the names of families, and the label matchers `where`, into an expression."""

    def written(found: re.Match[str]) -> str:
        matchers = ", ".join(part for part in (found[2], where) if part)
        return f"{PREFIX}{found[1]}{{{matchers}}}" if matchers else f"{PREFIX}{found[1]}"

    return _NAMED.sub(written, text)
