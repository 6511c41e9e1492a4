"""Keeps the loaded versions in step with the folders.

Every poll compares what is there with what is loaded. New versions are loaded before old ones
leave, so there is always one that can be asked; versions that leave finish their requests.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from serving.embedded.models.config import (
    allows_older,
    check_config,
    check_paths,
    choose_versions,
)
from serving.embedded.models.model import LoadedModel
from serving.embedded.models.versions import ServedVersion
from serving.embedded.status_error import StatusError
from serving.promotion.versions import folders_by_version
from serving.protocol.errors import ServingError

MAX_ROWS = 8  # more take more memory and, on a CPU, no less time
log = logging.getLogger(__name__)

Labels = dict[tuple[str, str], int]  # (model, label) -> version


class Manager:
    """Loads and unloads versions, and finds the one a request asks for.

    Args:
        read_config: returns the `ModelServerConfig`; called at each poll. Between it and a reload
            request, the one that changed last counts. May raise OSError or ServingError: the last
            one then holds.
        poll_seconds: between two looks at the folders.
        max_rows: see `LoadedModel`.
        root: folder below which the models of a reload request have to lie.
        given: whether `read_config` reads a file that a person wrote: its paths are allowed too.
    """

    def __init__(
        self,
        read_config: Callable[[], Any],
        poll_seconds: float = 1.0,
        max_rows: int = MAX_ROWS,
        root: Path | None = None,
        given: bool = False,
    ) -> None:
        self._read_config, self._root, self._given = read_config, root, given
        self._config: Any = None  # in force
        self._read: Any = None  # the last one that was read
        self._unreadable = ""
        self._poll_seconds, self._max_rows = poll_seconds, max_rows
        self._versions: dict[str, dict[int, ServedVersion]] = {}
        self._labels: Labels = {}
        self._lock = threading.Lock()  # of the two above; held for moments only
        self._polling = threading.Lock()  # one poll at a time; held while models load
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_polling, name="poll", daemon=True)

    # === Life ===

    def start(self) -> None:
        """Loads what is there, assigns the labels of the configuration, and keeps polling.

        Raises:
            StatusError: a label names a version that is not there.
        """
        self.poll()
        if self._config is not None:
            self._check_labels(self._config)
        self._thread.start()

    def stop(self) -> None:
        """Stops polling, and unloads everything once its requests are answered."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            versions = [one for of_model in self._versions.values() for one in of_model.values()]
        for version in versions:
            if not version.ended:
                version.unload()

    def poll(self) -> None:
        """Brings the loaded versions in step with the folders."""
        with self._polling:
            self._look_for_config()
            self._follow_config()

    def reload(self, config: Any) -> None:
        """Serves what another configuration says, from now on.

        Raises:
            StatusError: the configuration is not valid, names a folder that is not served, or
                labels a version that is not available. In the last case everything else of it is
                in force.
        """
        check_config(config)
        with self._polling:
            self._look_for_config()  # so that a change before this request is not taken for a later
            check_paths(config, self._root, self._read if self._given else None)
            self._config = config
            self._follow_config()
        self._check_labels(config)

    # === Finding a version ===

    @contextmanager
    def acquire(self, spec: Any) -> Iterator[LoadedModel]:
        """Yields the model that a `ModelSpec` names; it is not unloaded in the meantime.

        Raises:
            StatusError: there is no such model, version or label.
        """
        while True:
            with self._lock:
                version = self._find(spec)
            with version.acquire() as model:
                if model is not None:
                    yield model
                    return
            # Unloading began in between, so it has left the table: the next look finds another.

    def versions(self, name: str) -> dict[int, ServedVersion]:
        """Returns all versions of a model that this server has seen."""
        with self._lock:
            return dict(self._versions.get(name, {}))

    def _find(self, spec: Any) -> ServedVersion:
        if not spec.name:
            raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, "ModelSpec has no name specified.")
        available = {
            number: version
            for number, version in self._versions.get(spec.name, {}).items()
            if version.available
        }
        number = self._number(spec)
        wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
        version = available.get(max(available, default=-1) if number is None else number)
        if version is None:
            raise StatusError(
                grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}"
            )
        return version

    def _number(self, spec: Any) -> int | None:
        kind = spec.WhichOneof("version_choice")
        if kind == "version":
            return int(spec.version.value)
        if kind != "version_label":
            return None
        number = self._labels.get((spec.name, spec.version_label))
        if number is None:
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Unrecognized servable version label: {spec.version_label}",
            )
        return number

    # === Polling ===

    def _keep_polling(self) -> None:
        while not self._stopped.wait(self._poll_seconds):
            try:
                self.poll()
            except Exception:  # a defect; without this thread no version would ever come again
                log.exception("looking for new versions failed; trying again")

    def _look_for_config(self) -> None:
        try:
            found = self._read_config()
        except OSError:  # a volume that is not mounted at the moment: nothing changes
            return
        except ServingError as error:
            if str(error) != self._unreadable:
                log.warning("%s; what was configured before stays", error)
            self._unreadable = str(error)
            return
        self._unreadable = ""
        if found != self._read:
            self._read = self._config = found

    def _follow_config(self) -> None:
        if self._config is None:
            return
        models = {model.name: model for model in self._config.model_config_list.config}
        for name in {*models, *self._versions}:
            self._poll_model(name, models.get(name))

    def _poll_model(self, name: str, model: Any) -> None:
        try:
            found = folders_by_version(Path(model.base_path)) if model else {}
        except OSError as error:
            log.warning("model %s: %s; what is loaded stays", name, error)
            return
        folders = choose_versions(model, found)
        for number in sorted(folders, reverse=True):
            self._load(name, number, folders[number])
        versions = self.versions(name)
        if folders and not any(versions[number].available for number in folders):
            # The old ones stay until a new one can be asked; after a restart, they come back.
            if allows_older(model) and not any(one.available for one in versions.values()):
                self._load_older(name, {n: found[n] for n in found if n < min(folders)})
            return
        # Before old versions leave, so that a label can be asked for all the time.
        self._move_labels(name, model)
        for number, version in versions.items():
            if number not in folders and (version.available or version.waiting):
                # No further request finds it. Its requests may take long: the poll does not wait.
                version.retire()
                threading.Thread(target=version.unload, name="unload", daemon=True).start()

    def _load(self, name: str, number: int, folder: Path) -> None:
        version = self.versions(name).get(number)
        if version is None or not (version.available or version.waiting):
            # One that is still unloading has a thread for that, which waits for its requests.
            version = ServedVersion(name, number, folder, self._max_rows, self._poll_seconds)
            with self._lock:
                self._versions.setdefault(name, {})[number] = version
        if version.waiting:
            version.load()

    def _load_older(self, name: str, folders: dict[int, Path]) -> None:
        """Loads the newest that can be loaded."""
        for number in sorted(folders, reverse=True):
            self._load(name, number, folders[number])
            if self.versions(name)[number].available:
                return

    def _move_labels(self, name: str, model: Any) -> None:
        """Assigns the labels of a model; one of a version that is not available stays where it is.

        A label that is in no configuration any more goes.
        """
        given = dict(model.version_labels) if model is not None else {}
        available = {n for n, version in self.versions(name).items() if version.available}
        with self._lock:
            kept = {key: n for key, n in self._labels.items() if key[0] != name or key[1] in given}
            moved = {(name, label): n for label, n in given.items() if n in available}
            self._labels = kept | moved

    def _check_labels(self, config: Any) -> None:
        """Raises `StatusError` for a label whose version is not available."""
        for model in config.model_config_list.config:
            versions = self.versions(model.name)
            for number in model.version_labels.values():
                if number not in versions or not versions[number].available:
                    raise StatusError(
                        grpc.StatusCode.FAILED_PRECONDITION,
                        f"Request to assign label to version {number} of model {model.name}, "
                        "which is not currently available for inference",
                    )
