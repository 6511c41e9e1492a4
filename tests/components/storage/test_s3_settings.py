import pytest

from components.storage.s3_settings import StorageError, share_settings


def test_one_endpoint_serves_both_libraries():
    environment = {"AWS_ENDPOINT_URL": "http://minio:9000"}
    share_settings(environment)
    assert environment == {
        "AWS_ENDPOINT_URL": "http://minio:9000",
        "S3_ENDPOINT": "http://minio:9000",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_endpoint_of_s3_alone_goes_before_the_general_one():
    environment = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "https://s3"}
    share_settings(environment)
    assert environment["S3_ENDPOINT"] == "https://s3"


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_is_known_under_both_names(name):
    environment = {name: "eu-central-1"}
    share_settings(environment)
    assert environment == {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}


def test_amazon_needs_nothing_said():
    environment: dict[str, str] = {}
    share_settings(environment)
    assert environment == {}


def test_own_certificates_serve_both_libraries():
    environment = {"AWS_CA_BUNDLE": "/ca.pem"}
    share_settings(environment)
    assert environment["S3_CA_FILE"] == "/ca.pem"


def test_an_endpoint_without_scheme_is_refused():
    with pytest.raises(StorageError, match=r"http://minio:9000.*'minio:9000'"):
        share_settings({"AWS_ENDPOINT_URL": "minio:9000"})
