"""The memory of this container, as the control group of the Linux kernel counts it."""

import re
from dataclasses import dataclass
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
# Where there is no limit, version 1 has the largest number that it knows.
_UNLIMITED = 1 << 60


@dataclass(frozen=True)
class ContainerMemory:
    """The memory of a container; None for what the kernel does not say.

    Attributes:
        limit: bytes that it may use.
        peak: the most that it has used, with the cache of files, in bytes.
        needed: what its processes use now and the kernel can't take back, in bytes.
        kills: number of its processes that were killed because the limit was reached.
    """

    limit: int | None = None
    peak: int | None = None
    needed: int | None = None
    kills: int = 0


def container_memory(root: Path = _CGROUP) -> ContainerMemory:
    """Reads the control group, of version 2 or 1.

    Args:
        root: where its file system is mounted.
    """
    if (root / "memory.max").exists():
        folder, limit, peak, needed, kills = (
            root, "memory.max", "memory.peak", "anon", "memory.events",
        )  # fmt: skip
    else:
        folder, limit, peak, needed, kills = (
            root / "memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes", "total_rss",
            "memory.oom_control",
        )  # fmt: skip
    most = _number(folder / limit)
    return ContainerMemory(
        limit=most if most is not None and most < _UNLIMITED else None,
        peak=_number(folder / peak),
        needed=_entry(folder / "memory.stat", needed),
        kills=_entry(folder / kills, "oom_kill") or 0,
    )


def gibibytes(count: int | None) -> str:
    """Returns e.g. `7.9 GiB`; `an unknown amount` for None."""
    return "an unknown amount" if count is None else f"{count / 2**30:.1f} GiB"


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdecimal() else None


def _entry(path: Path, name: str) -> int | None:
    match = re.search(rf"^{name} (\d+)$", _read(path), re.MULTILINE)
    return int(match[1]) if match else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
