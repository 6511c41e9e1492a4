"""The `models.config` of the production servers.

What has been promoted is kept: the file is where it is written down. A new one begins with the
labels of the home, or with its newest version as `stable`.
"""

from pathlib import Path
from typing import Any

from serving.production.plan import Plan
from serving.promotion.labels import STABLE, set_labels
from serving.promotion.models_config import (
    FILE_NAME,
    add_model,
    empty_config,
    find_model,
    read_labels,
    read_models_config,
)
from serving.promotion.versions import list_versions


def models_config(plan: Plan, file: Path) -> Any:
    """Returns the `ModelServerConfig` to write.

    Args:
        plan: what is served.
        file: where it is going to be written; it may exist.

    Raises:
        ServingError: `file`, or the one of the home, is not a models.config.
    """
    config = read_models_config(file) if file.is_file() else empty_config()
    base_path = plan.storage.base_path(plan.model)
    entry = find_model(config, plan.model)
    if entry is not None:
        entry.base_path = base_path
        return config
    entry = add_model(config, plan.model, base_path)
    labels = _labels_of_home(plan)
    if labels:
        set_labels(entry, labels)
    else:  # nothing to label yet: the newest is served as soon as it is pushed
        entry.model_version_policy.latest.num_versions = 1
    return config


def _labels_of_home(plan: Plan) -> dict[str, int]:
    if labels := read_labels(plan.models / FILE_NAME, plan.model):
        return labels
    folder = plan.models / plan.model
    newest = list_versions(folder).current if folder.is_dir() else None
    return {} if newest is None else {STABLE: newest}
