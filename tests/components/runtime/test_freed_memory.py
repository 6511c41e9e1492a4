import os
from pathlib import Path

from components.runtime.freed_memory import give_back_freed_memory


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_what_is_freed_between_what_is_kept_goes_back_to_the_system():
    # Too large for Python's own allocator, too small for mappings of their own.
    blocks = [bytes([number % 256]) * 2_000 for number in range(100_000)]
    kept = blocks[::100]  # so the heap can't just become shorter
    del blocks
    before = resident_bytes()
    give_back_freed_memory()
    assert before - resident_bytes() > 100_000_000, len(kept)
