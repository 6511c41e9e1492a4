import pytest

from pipeline.metadata.connection import MetadataError, address, connection, shown, warning


def test_the_address_comes_from_the_environment():
    assert address({"MEDTFX_MLMD": "grpc://other:1"}) == "grpc://other:1"
    with pytest.raises(MetadataError, match=r"MEDTFX_MLMD is not set.*manifests/metadata.*3\.0"):
        address({"METADATA_GRPC_SERVICE_HOST": "mlmd"})


def test_that_of_kubeflow_pipelines_is_a_choice():
    kfp = {"METADATA_GRPC_SERVICE_HOST": "mlmd", "MEDTFX_MLMD": "kfp"}
    assert address(kfp) == "grpc://mlmd:8080"
    assert address({**kfp, "METADATA_GRPC_SERVICE_PORT": "8081"}) == "grpc://mlmd:8081"
    with pytest.raises(MetadataError, match=r"METADATA_GRPC_SERVICE_HOST is not set.*3\.0.*mysql"):
        address({"MEDTFX_MLMD": "kfp"})


def test_it_is_warned_of():
    assert "3.0 removes" in warning("grpc://metadata-grpc-service.kubeflow:8080")
    assert warning("grpc://metadata.radiology:8080") == warning("mysql://u@h/d") == ""


def test_a_server():
    config = connection("grpc://metadata-grpc-service.kubeflow:8081")
    assert (config.host, config.port) == ("metadata-grpc-service.kubeflow", 8081)
    assert connection("grpc://mlmd").port == 8080


def test_mysql_with_signs_in_the_password():
    config = connection("mysql://root:p%40ss%3A%2F@db:3307/metadb").mysql
    assert (config.host, config.port, config.database) == ("db", 3307, "metadb")
    assert (config.user, config.password) == ("root", "p@ss:/")


def test_postgresql_is_refused_without_its_password():
    with pytest.raises(MetadataError, match=r"PostgreSQL.*mlmd:\*\*\*@db.*mysql://") as caught:
        connection("postgresql://mlmd:secret@db/metadb")
    assert "secret" not in str(caught.value)


def test_a_file_keeps_what_is_written(tmp_path):
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2

    uri = f"sqlite:///{tmp_path}/a%20b.sqlite"
    kind = metadata_store_pb2.ArtifactType(name="Film")
    MetadataStore(connection(uri)).put_artifact_type(kind)
    assert (tmp_path / "a b.sqlite").is_file()
    assert MetadataStore(connection(uri)).get_artifact_type("Film").name == "Film"


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("redis://host", "known scheme"),
        ("host:8080", "known scheme"),
        ("grpc://", "hostname"),
        ("grpc://host:port", "valid port"),
        ("mysql://root:secret@host", "database"),
        ("mysql://host/db", "username"),
        ("mysql://mlmd:secret@/db", "hostname"),
        ("sqlite://relative.sqlite", "path"),
        ("sqlite:///", "path"),
    ],
)
def test_what_is_no_address_is_told_without_its_password(uri, word):
    with pytest.raises(MetadataError, match=f"has no {word}") as caught:
        connection(uri)
    assert "secret" not in str(caught.value)
    assert "mysql://USER:PASSWORD@HOST:PORT/DATABASE" in str(caught.value)


def test_a_log_hides_the_password():
    assert shown("mysql://root:s%40cret@db:3306/x") == "mysql://root:***@db:3306/x"
    assert shown("grpc://host:8080") == "grpc://host:8080"
