import pytest

from tests.command_line import assert_one_message, medtfx

LINE = ("serving-config", "quickstart")


@pytest.fixture
def home(tmp_path):
    """The option of an empty home."""
    return ("--home", tmp_path / "home")


def test_machines_of_the_recipe(tmp_path, home):
    gpu = (
        "platform.nodes={Trainer: {gpu: 1, node_selector: {pool: gpu}, "
        "tolerations: [{key: nvidia.com/gpu}]}}"
    )
    every = "platform.defaults={node_selector: {pool: cpu}}"
    line = (*LINE, "--set", gpu, "--set", every)
    for more, pool in (
        ((), "pool: cpu"),
        (("--set", "serving.gpu=1"), "pool: gpu"),
        (("--set", "serving.node_selector={pool: x}"), "pool: x"),
    ):
        assert medtfx(*line, *more, *home, "-o", tmp_path / "out")[0] == 0
        text = (tmp_path / "out" / "kubernetes" / "deployment.yaml").read_text()
        assert pool in text
        assert ("key: nvidia.com/gpu" in text) == (pool == "pool: gpu")


def test_s3_is_for_kserve_alone(tmp_path, home):
    code, out, _ = medtfx(*LINE, "--storage", "s3://bucket", *home, "-o", tmp_path / "out")
    assert code == 0
    assert "has not read s3:// since 2.7" in out
    assert [path.name for path in (tmp_path / "out").rglob("*.*")] == ["inference-service.yaml"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--storage", "/models", "Received: '/models'"),
        ("--set", "serving.memory=much", "quickstart.yaml"),
    ],
)
def test_a_mistake_is_one_message_and_writes_nothing(tmp_path, home, option, value, words):
    out = tmp_path / "out"
    assert_one_message(medtfx(*LINE, option, value, *home, "-o", out), words)
    assert not out.exists()
