from tests.kubeflow.client.refusals import assert_refused


def test_a_server_of_another_kind(server, kubeflow):
    server.web_page = True
    assert_refused(kubeflow("runs"), "is not Kubeflow Pipelines", "'text/html'", "/pipeline")


def test_a_server_of_the_first_version(server, kubeflow):
    server.first_api_only = True
    assert_refused(kubeflow("runs"), "speaks only its first API", "2.0 or newer")
