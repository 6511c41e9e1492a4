"""Labels of versions in a `ModelConfig`, and the versions that are served for them.

A client asks for a label, and a promotion moves it. Exactly the labelled versions are served:

stable     what clinical requests ask for
canary     a newer version, tried beside it
shadow     a version that clients ask too, for the request log alone: nobody sees its predictions
previous   what `stable` stood for before: still loaded, so that a rollback takes no time
"""

from collections.abc import Iterable
from typing import Any

STABLE, PREVIOUS, SHADOW = "stable", "previous", "shadow"


def labels_of(model: Any) -> dict[str, int]:
    """Returns version by label; {} for None, a model that is not configured."""
    return dict(sorted(model.version_labels.items())) if model is not None else {}


def served_versions(model: Any) -> tuple[int, ...] | None:
    """Returns the versions that are named one by one, ascending; None under another policy."""
    if model is None or model.model_version_policy.WhichOneof("policy_choice") != "specific":
        return None
    return tuple(sorted(model.model_version_policy.specific.versions))


def set_labels(model: Any, labels: dict[str, int], versions: Iterable[int] = ()) -> None:
    """Sets the labels of a model, and serves the labelled versions.

    Args:
        model: the `ModelConfig` to change.
        labels: version by label.
        versions: served besides.
    """
    model.version_labels.clear()
    model.version_labels.update(labels)
    # Cleared first: the policy is a choice, and another one may be set.
    model.ClearField("model_version_policy")
    served = sorted({*labels.values(), *versions})
    model.model_version_policy.specific.versions.extend(served)


def promoted(labels: dict[str, int], label: str, version: int) -> dict[str, int]:
    """Returns the labels after `label` has moved to `version`.

    The version that leaves `stable` becomes `previous`, if it is the older one: a higher number
    would answer the requests that name no label.
    """
    moved = labels | {label: version}
    before = labels.get(STABLE)
    if label == STABLE and before is not None and before != version:
        moved.pop(PREVIOUS, None)
        if before < version:
            moved[PREVIOUS] = before
    return moved


def rolled_back(labels: dict[str, int], label: str, version: int) -> dict[str, int]:
    """Returns the labels after `label` has gone back to `version`.

    Other labels of the version that is left go with it: no client shall get its predictions.
    """
    left = labels.get(label)
    moved = {name: version if number == left else number for name, number in labels.items()}
    moved[label] = version
    if label == STABLE:
        moved.pop(PREVIOUS, None)
    return moved
