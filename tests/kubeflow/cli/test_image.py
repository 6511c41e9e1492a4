import pytest

from tests.command_line import medtfx


@pytest.mark.parametrize(("variant", "named"), [("cpu", "cpu, stack current"), ("app", "app")])
def test_it_writes_a_folder_and_says_how_to_build_it(tmp_path, variant, named):
    out = tmp_path / "context"
    code, text, _ = medtfx("kubeflow", "image", "--out", out, "--variant", variant)
    assert code == 0
    first, docker, buildah = text.splitlines()
    assert first == f"{out}: the build context of image {named}. To build it, one of:"
    assert docker.startswith("  docker build --build-arg VERSION=")
    assert buildah.startswith("  buildah build --layers --build-arg VERSION=")
    assert (out / "Dockerfile").is_file()


def test_an_unknown_variant_is_exit_code_2(tmp_path):
    code, _, err = medtfx("kubeflow", "image", "--out", tmp_path, "--variant", "tpu")
    assert (code, "tpu" in err) == (2, True)
