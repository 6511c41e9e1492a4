"""What can go wrong between a client and a model server.

    MedtfxError
    └── ServingError               base: whatever a client of a model server can mend
        ├── ServerUnavailableError nobody answers at the address
        ├── ClosedError            this client was closed in the meantime
        ├── DeadlineError          no answer in time
        ├── UnknownServableError   no such model, version, label or signature there
        └── RequestError           the server answered, and refused

A bad image is none of these: it is the `error` of its own `Prediction`, and the others are
answered.
"""

from components.runtime.errors import MedtfxError


class ServingError(MedtfxError):
    """A model server can't be started, reached, or asked in this way."""


class ServerUnavailableError(ServingError):
    """Nobody answers at the address, or a server that is going down."""


class ClosedError(ServingError):
    """The client was closed while a request of another thread was under way."""


class DeadlineError(ServingError):
    """The server did not answer within the time it was given."""


class UnknownServableError(ServingError):
    """The server has no such model, version, label or signature."""


class RequestError(ServingError):
    """The server refused the request as a whole, or answered what can't be read."""
