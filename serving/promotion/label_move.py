"""Moves a label in three steps, so that a client can ask for it all the time.

1. The version is served besides those that are, and waited for.
2. The label moves.
3. Versions without a label leave.

TensorFlow Serving refuses a configuration that moves a label to a version it has not loaded, and
then loads nothing of it. So without a server to ask, step 1 is written alone, and the same command
has to be given again once the version is loaded.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.runtime.environment import RELOAD_TOKEN
from serving.promotion import journal
from serving.promotion.labels import PREVIOUS, labels_of, served_versions, set_labels
from serving.promotion.models_config import add_model, find_model, is_remote, write_models_config
from serving.promotion.reload import RunningServer
from serving.promotion.versions import list_versions
from serving.protocol.addresses import is_loopback, split_address
from serving.protocol.errors import ServingError
from serving.protocol.tls import Tls
from serving.protocol.token import TOKEN_FILE, read_token


class PromotionError(ServingError):
    """A label can't be moved; it stands for what it did before."""


@dataclass(frozen=True)
class PromotionTarget:
    """What is changed.

    Attributes:
        models: folder of pushed models; the journal lies there too.
        config: the `models.config`; it is made if there is none.
        servers: 'host:port' of servers that get the change by a reload request.
        timeout: seconds that a server is given to load a version.
        tls: how the connections to the servers are encrypted; None for plain text.
    """

    models: Path
    config: Path
    servers: Sequence[str] = ()
    timeout: float = 300.0
    tls: Tls | None = None


@dataclass(frozen=True)
class Move:
    """What has become of a label.

    Attributes:
        model: its name.
        label: that was to move.
        before: version that it stood for, or None.
        after: version that it stands for now, or will once `waiting` is over.
        labels: version by label, as the file says now.
        served: versions that the file says are served, ascending.
        waiting: step 1 alone was written; the same command moves the label.
    """

    model: str
    label: str
    before: int | None
    after: int
    labels: dict[str, int]
    served: tuple[int, ...]
    waiting: bool = False


def move_label(
    place: PromotionTarget,
    config: Any,
    model: str,
    label: str,
    moved: dict[str, int],
    entry: journal.Entry,
) -> Move:
    """Moves a label, in the file, on the servers and in the journal.

    Args:
        place: what is changed.
        config: content of the `models.config` before.
        model: name of the model.
        label: that is to move.
        moved: version by label, as it shall be.
        entry: for the journal, once the label has moved.

    Raises:
        PromotionError: a server can't load the version; all is as it was.
        OSError: the file or the journal can't be written.
    """
    if find_model(config, model) is None:
        base_path = _base_path_beside(config, place, model)
        add_model(config, model, base_path)
    beside, labelled, settled = _steps(place, config, model, moved, entry.after)
    waiting = False
    journal.check(place.models / model)
    if place.servers:
        _take_over(place, config, (beside, labelled, settled), model, entry.after)
    elif _needs_loading(find_model(config, model), label, entry.after):
        write_models_config(beside, place.config)
        waiting, settled = True, beside
    else:
        write_models_config(settled, place.config)
    if not waiting:
        _note(place.models / model, label, labels_of(find_model(config, model)), moved, entry)
    now = find_model(settled, model)
    return Move(
        model, label, entry.before, entry.after, labels_of(now), served_versions(now) or (), waiting
    )


def _note(
    folder: Path, label: str, before: dict[str, int], moved: dict[str, int], entry: journal.Entry
) -> None:
    """Adds the entry, and one for each label that went with it."""
    for name in (label, *(other for other in moved if other not in (label, PREVIOUS))):
        if before.get(name) != moved[name]:
            noted = replace(entry, label=name, before=before.get(name), after=moved[name])
            journal.append(folder, noted)


def _base_path_beside(config: Any, place: PromotionTarget, model: str) -> str:
    """Returns the base path of a model that the file does not name: beside those that it does."""
    for other in config.model_config_list.config:
        base, _, name = other.base_path.rpartition("/")
        if name == other.name:
            return f"{base}/{model}"
    return str((place.models / model).absolute())


def _steps(
    place: PromotionTarget, config: Any, model: str, moved: dict[str, int], version: int
) -> tuple[Any, Any, Any]:
    """Returns the configurations of the three steps."""
    entry = find_model(config, model)
    before = labels_of(entry)
    served = served_versions(entry)
    if served is None:  # another policy: what answers now is the newest
        newest = None if is_remote(entry) else list_versions(place.models / model).current
        served = () if newest is None else (newest,)
    both = {*served, version}
    return (
        _with(config, model, before, both),
        _with(config, model, moved, both),
        _with(config, model, moved, ()),
    )


def _with(config: Any, model: str, labels: dict[str, int], versions: Iterable[int]) -> Any:
    changed = type(config)()
    changed.CopyFrom(config)
    set_labels(find_model(changed, model), labels, versions)
    return changed


def _needs_loading(entry: Any, label: str, version: int) -> bool:
    """Whether a server that reads the file would refuse the label as long as it has not loaded."""
    return labels_of(entry).get(label, version) != version and version not in (
        served_versions(entry) or ()
    )


def _take_over(
    place: PromotionTarget, before: Any, steps: tuple[Any, ...], model: str, version: int
) -> None:
    """Leads all servers, and the file, through the steps; back to the start if one fails.

    Raises:
        PromotionError: the reason of the server; file and servers are as they were.
    """
    existed = place.config.is_file()
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                RunningServer(address, place.timeout, place.tls, _token_for(address, place.models))
            )
            for address in place.servers
        ]
        try:
            for step in steps:
                # The file first: a server that polls it must not undo the reload.
                write_models_config(step, place.config)
                for server in servers:
                    server.reload(step)
                    server.await_available(model, version)
        except ServingError as error:
            if existed:
                write_models_config(before, place.config)
            else:
                place.config.unlink(missing_ok=True)
            for server in servers:
                with suppress(ServingError):  # the reason of the first failure is what counts
                    server.reload(before)
            raise PromotionError(f"{error} No label has moved; all is as it was.") from error


def _token_for(address: str, models: Path) -> str | None:
    """Returns the token that `medtfx serve --allow-reload` made for this user, if it did.

    It is shown on this machine alone. None leaves the choice to `RunningServer`, as a token of the
    environment does.
    """
    if RELOAD_TOKEN.get():
        return None
    file = models / TOKEN_FILE
    host, _ = split_address(address)
    return read_token(file) if is_loopback(host) and file.is_file() else None
