"""What can go wrong between a client and a model server.

    MedtfxError
    └── ServingError               base: whatever a client of a model server can fix
        ├── ServerUnavailableError no server answers at the address
        ├── ClosedError            this client was closed in the meantime
        ├── DeadlineError          no answer in time
        ├── TokenError             the server does not know the token, or none was shown
        ├── UnknownServableError   no such model, version, label or signature there
        └── RequestError           the server refused the request, or its response can't be read

A bad image is none of these: it is the `error` of its own `Prediction`, and the other images get
theirs. The same holds for values that are no probabilities.
"""

from components.runtime.errors import MedtfxError


class ServingError(MedtfxError):
    """A model server can't be started, reached, or asked in this way."""


class ServerUnavailableError(ServingError):
    """No server answers at the address, or one that is stopping."""


class ClosedError(ServingError):
    """The client was closed during a request of another thread."""


class DeadlineError(ServingError):
    """The server did not answer within the time it was given."""


class TokenError(ServingError):
    """The server asks for a token, and the right one was not shown."""


class UnknownServableError(ServingError):
    """The server has no such model, version, label or signature."""


class RequestError(ServingError):
    """The server refused the request as a whole, or answered what can't be read."""
