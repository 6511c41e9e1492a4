"""The model behind the page: its predictions, and its state."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from serving.app.settings import Settings
from serving.client import Client
from serving.client.request_batches import OutgoingImage
from serving.protocol.errors import (
    DeadlineError,
    ServerUnavailableError,
    ServingError,
    UnknownServableError,
)
from serving.protocol.model_metadata import VersionStatus
from serving.protocol.prediction import Prediction

_HEALTH_SECONDS = 3.0
_COMING, _GOING = ("START", "LOADING"), ("UNLOADING", "END")


class ModelLoadingError(ServingError):
    """The model server is still starting."""


@dataclass(frozen=True)
class Health:
    """The state of the model.

    Attributes:
        state: 'ready', 'loading', 'failed' (no version could be loaded), 'unknown' (the server
            has no such model) or 'unavailable' (no server answers).
        versions: of the model, the newest first; those that have gone are left out.
        detail: the reason, from the server or the client, or ''.
    """

    state: Literal["ready", "loading", "failed", "unknown", "unavailable"]
    versions: tuple[VersionStatus, ...] = ()
    detail: str = ""


class Model:
    """Asks a model on a server that may restart, also at another address. Thread-safe.

    Attributes:
        name: of the model.

    Args:
        settings: of the page.
    """

    def __init__(self, settings: Settings) -> None:
        self.name, self._settings = settings.model, settings
        self._lock = threading.Lock()
        self._clients: tuple[Client, Client] | None = None

    def close(self) -> None:
        """Ends the connections."""
        for client in self._clients or ():
            client.close()

    def ask(self, encoded: bytes) -> Prediction:
        """Asks about one image, with its heatmap.

        Raises:
            ModelLoadingError: the server is still starting.
            ServingError: nobody could be asked; see `serving.protocol.errors`.
        """
        return self._connect()[0].predict([encoded], label=self._settings.label(), explain=True)[0]

    def ask_label(self, images: list[OutgoingImage], label: str) -> list[Prediction]:
        """Asks the version with a label about images that were read, without heatmaps.

        Raises:
            ServingError: as `ask`.
        """
        return self._connect()[0].ask_label(images, label)

    def health(self) -> Health:
        """Asks for the state of the model; takes a few seconds at most, and never raises."""
        try:
            found = self._connect()[1].status()
        except ModelLoadingError:
            return Health("loading")
        except UnknownServableError as error:
            return Health("unknown", detail=str(error))
        except ServingError as error:
            return Health("unavailable", detail=str(error))
        return _judge(found)

    def _connect(self) -> tuple[Client, Client]:
        """Returns the clients for predictions and for the health: a patient one and a quick one."""
        address = self._settings.address()
        if address is None:
            raise ModelLoadingError("The model server is starting. Ask again in a few seconds.")
        with self._lock:
            if self._clients is None or self._clients[0].address != address:
                self.close()
                self._clients = (
                    self._client(address, self._settings.timeout, 2),
                    self._client(address, _HEALTH_SECONDS, 1),
                )
            return self._clients

    def _client(self, address: str, timeout: float, attempts: int) -> Client:
        return Client(
            address,
            self.name,
            timeout=timeout,
            attempts=attempts,
            tls=self._settings.tls,
            token=self._settings.server_token,
        )


def kind_of(error: ServingError) -> str:
    """Returns the kind under which the page has words for an error."""
    kinds: dict[type[ServingError], str] = {
        ModelLoadingError: "loading",
        ServerUnavailableError: "unavailable",
        DeadlineError: "deadline",
        UnknownServableError: "unknown_model",
    }
    return next((kind for of, kind in kinds.items() if isinstance(error, of)), "refused")


def _judge(found: list[VersionStatus]) -> Health:
    versions = tuple(one for one in found if one.state not in _GOING)
    states = {one.state for one in versions}
    if "AVAILABLE" in states:
        return Health("ready", versions)
    if states.intersection(_COMING):
        return Health("loading", versions)
    return Health("failed", tuple(found), "; ".join(one.error for one in found if one.error))
