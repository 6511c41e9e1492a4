import grpc

from serving.embedded.status_error import StatusError, code_of


def test_a_long_text_is_cut_where_tensorflow_serving_cuts_it():
    error = StatusError(grpc.StatusCode.NOT_FOUND, "x" * 5_000)
    assert error.message == str(error) == "x" * 1024 + "...TRUNCATED"
    assert StatusError(grpc.StatusCode.NOT_FOUND, "x" * 1024).message == "x" * 1024


def test_codes_of_tensorflow():
    assert code_of(3) == grpc.StatusCode.INVALID_ARGUMENT
    assert code_of(99) == grpc.StatusCode.UNKNOWN
