from kubeflow.client.pipeline_package import read_package
from kubeflow.client.uploads import upload


def test_a_later_version_is_named_by_medtfx_and_its_content(connection, server, package):
    first = upload(connection, read_package(package))
    assert (first.new, first.version) == (True, "chest")  # the server names the first one
    package.write_text(package.read_text().replace("medtfx:1", "medtfx:2"))
    second = read_package(package)
    uploaded = upload(connection, second)
    assert uploaded.version == f"0.1.0-{second.fingerprint[:8]}"
    assert uploaded.description == f"Chest films, package {second.fingerprint}"
    assert not upload(connection, second).new
    assert len(server.versions) == 2
