"""On files as the kernel writes them: a limit of a test's own needs a control group of its own."""

import pytest

from components.runtime.memory import ContainerMemory, container_memory, gibibytes

VERSION_2 = {
    "memory.max": "8589934592\n",
    "memory.peak": "8589930496\n",
    "memory.stat": "anon 8000000000\nfile 500000000\ninactive_anon 7\n",
    "memory.events": "low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 0\n",
}
VERSION_1 = {
    "memory/memory.limit_in_bytes": "8589934592\n",
    "memory/memory.max_usage_in_bytes": "8589930496\n",
    "memory/memory.stat": "cache 5\nrss 7\ntotal_cache 5\ntotal_rss 8000000000\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
}


@pytest.fixture
def group(tmp_path):
    def group(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return group


@pytest.mark.parametrize("files", [VERSION_2, VERSION_1])
def test_both_versions_say_limit_use_and_kills(group, files):
    expected = ContainerMemory(8_589_934_592, 8_589_930_496, 8_000_000_000, 1)
    assert container_memory(group(files)) == expected


@pytest.mark.parametrize(
    ("files", "name", "text"),
    [
        (VERSION_2, "memory.max", "max\n"),
        (VERSION_1, "memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ],
)
def test_without_a_limit_it_is_none(group, files, name, text):
    assert container_memory(group(files | {name: text})).limit is None


def test_where_the_kernel_says_nothing_all_is_none(tmp_path):
    assert container_memory(tmp_path) == ContainerMemory()


def test_bytes_in_words():
    assert gibibytes(8_589_934_592) == "8.0 GiB"
    assert gibibytes(None) == "an unknown amount"
