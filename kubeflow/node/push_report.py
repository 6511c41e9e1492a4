"""What the Pusher did, in one line: the version, or why it pushed nothing."""

from typing import TYPE_CHECKING, Any

from pipeline.metadata.graph import MetadataGraph, property_of

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun

# Input → why a model without this blessing is not pushed.
_REASONS = {"model_blessing": "not blessed", "infra_blessing": "refused when it was served"}


def push_sentence(store: Any, run: "NodeRun") -> str:
    """Returns what the Pusher did.

    Args:
        store: a `MetadataStore` of ML Metadata.
        run: the Pusher's.
    """
    (pushed,) = run.outputs["pushed_model"]
    if property_of(pushed, "pushed"):
        destination = property_of(pushed, "pushed_destination")
        signed = "signed by the site" if property_of(pushed, "signed") else "unsigned"
        return f"Pushed version {property_of(pushed, 'pushed_version')}, {signed}: {destination}"
    read = MetadataGraph(store).inputs_of(run.execution_id)
    for key, reason in _REASONS.items():
        if not any(property_of(artifact, "blessed") for artifact in read.get(key, [])):
            return f"Nothing pushed: {reason}."
    return "Nothing pushed: not approved."
