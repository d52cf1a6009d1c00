"""Media files: what they hold, read in worker processes, which import nothing of the sidecar's own side (`service`)."""
