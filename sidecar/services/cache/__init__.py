"""The cache: values in memory, and files on a disk that all sidecars of the machine share."""
