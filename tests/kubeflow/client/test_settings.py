import pytest

from kubeflow.client.settings import Settings, read_settings
from kubeflow.errors import PipelinesError


def test_settings_show_no_secret():
    shown = repr(Settings("https://kfp", token="a-token", cookie="a-cookie", password="a-password"))
    assert not [secret for secret in ("a-token", "a-cookie", "a-password") if secret in shown]


def test_a_host_without_scheme_is_https():
    settings = read_settings("kfp.site.org/pipeline/", environment={})
    assert settings.host == "https://kfp.site.org/pipeline"


def test_the_command_line_goes_before_the_environment():
    environment = {"KF_PIPELINES_ENDPOINT": "http://a", "KFP_NAMESPACE": "ada", "KFP_TOKEN": "t"}
    settings = read_settings("http://b", environment=environment)
    assert (settings.host, settings.namespace, settings.token) == ("http://b", "ada", "t")


def test_certificates_that_are_not_there(tmp_path):
    with pytest.raises(PipelinesError, match="no file is there"):
        read_settings("http://a", ca_cert=tmp_path / "ca.pem", environment={})
