"""Files on a disk or in object storage: list, read, write."""
