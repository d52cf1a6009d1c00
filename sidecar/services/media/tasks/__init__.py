"""What workers do, one kind of task a file: each is imported by `worker.MODULES`."""
