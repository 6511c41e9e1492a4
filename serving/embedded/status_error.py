"""The error that is the response to a request."""

import grpc

_LONGEST = 1024  # characters; TensorFlow Serving cuts here too


class StatusError(Exception):
    """A request fails.

    Attributes:
        code: gRPC's status code, as TensorFlow Serving gives it.
        message: TensorFlow Serving's text.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        if len(message) > _LONGEST:
            message = f"{message[:_LONGEST]}...TRUNCATED"
        super().__init__(message)
        self.code = code
        self.message = message


def code_of(number: int) -> grpc.StatusCode:
    """Returns the status code of a number, as TensorFlow's errors carry it."""
    return next(
        (code for code in grpc.StatusCode if code.value[0] == number), grpc.StatusCode.UNKNOWN
    )
