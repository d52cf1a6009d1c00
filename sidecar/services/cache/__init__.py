"""The disk tier of the cache: files by key, shared by all sidecars of the machine."""
