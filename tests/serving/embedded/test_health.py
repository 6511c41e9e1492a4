import grpc
import pytest
from google.protobuf.wrappers_pb2 import Int32Value, StringValue


@pytest.fixture
def check(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=Int32Value.FromString,
        )


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_serving(check, service):
    # 1 is SERVING, field 1: the same bytes as a HealthCheckResponse.
    response = check(StringValue(value=service), timeout=10)
    assert response.SerializeToString() == b"\x08\x01"


def test_unknown_service(check):
    with pytest.raises(grpc.RpcError) as error:
        check(StringValue(value="x"), timeout=10)
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_not_serving(server, check, monkeypatch):
    monkeypatch.setattr(server._health, "serving", False)
    assert check(StringValue(), timeout=10).value == 2
