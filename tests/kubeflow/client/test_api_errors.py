"""What the server and the network report, as sentences."""

import json

import pytest
import requests

from kubeflow.client.api_errors import answer_expected, explain
from kubeflow.errors import PipelinesError


def answer(status, body):
    made = requests.Response()
    made.status_code = status
    made._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    made.encoding = "utf-8"
    return made


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, {"error": "a", "code": 3, "message": "b"}, "would not list the runs (400): b."),
        (400, {"error_message": "a", "error_details": "a: b"}, "(400): a. a: b."),
        (404, {"error": "gone", "code": 5}, "(404): gone."),
        (500, "", "(500): no reason given."),
        (502, "<html>Bad gateway</html>", "(502): the answer is a web page"),
        (403, {"message": "no role"}, "You may not list the runs in the namespace 'ada' (403)"),
        (401, "", "http://kfp refused the login (401). Ways to log in: "),
    ],
)
def test_an_answer_becomes_one_sentence(status, body, sentence):
    text = str(explain(answer(status, body), "list the runs", "http://kfp", "ada"))
    assert sentence in text and "\n" not in text


def test_the_innermost_reason_is_named():
    inner = requests.ConnectionError(OSError(111, "Connection refused"))
    said = r"No answer from http://kfp: Connection refused\. Check"
    with pytest.raises(PipelinesError, match=said), answer_expected("http://kfp"):
        raise requests.ConnectionError(inner)


def test_a_certificate_that_is_not_trusted_names_the_option():
    said = r"https://kfp is not trusted.*--ca-cert.*\(self-signed\)$"
    with pytest.raises(PipelinesError, match=said), answer_expected("https://kfp"):
        raise requests.exceptions.SSLError("self-signed")
