"""What is counted; tests/serving/contract has what is returned."""

import pytest

from serving.embedded.metrics import Metrics
from serving.embedded.models.config import config_of_folder
from serving.embedded.models.manager import Manager
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.status_error import StatusError


@pytest.fixture
def handlers(base):
    manager = Manager(lambda: config_of_folder(base))
    manager.start()
    yield PredictHandlers(manager, Metrics())
    manager.stop()


def test_each_request_is_counted_by_model_and_status(handlers, tools, dark):
    handlers.predict(tools.request(dark))
    for request in (tools.request(b"junk"), tools.request(dark, model="made-up")):
        with pytest.raises(StatusError):
            handlers.predict(request, "REST")
    text = handlers.metrics.text()
    name = ":tensorflow:serving:request_count"
    assert f'{name}{{model_name="tiny",status="OK"}} 1' in text
    assert f'{name}{{model_name="tiny",status="INVALID_ARGUMENT"}} 1' in text
    assert f'{name}{{model_name="unknown",status="NOT_FOUND"}} 1' in text
    assert "made-up" not in text
