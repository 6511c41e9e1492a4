"""The paths and addresses that a node on the cluster reads and writes."""

from components.runtime.environment import CHECKPOINTS
from components.storage import files
from pipeline.paths import PipelinePaths

# Lost with the pod; the same in every pod, so that the cache does not see it.
_IN_THE_POD = "/tmp/medtfx-checkpoints"


def node_paths(root: str, models: str = "") -> PipelinePaths:
    """Returns the paths of a run.

    Args:
        root: of the artifacts: a path on a mounted volume, or an address of object storage.
        models: where models are pushed; empty for `<root>/models`.

    With `root` in object storage there is no folder for the site's patient key: it comes from the
    environment then.
    """
    root = root.rstrip("/") or "/"
    on_volume = not files.is_remote(root)
    checkpoints = CHECKPOINTS.get()
    return PipelinePaths(
        root=root,
        models=models.rstrip("/") or f"{root}/models",
        checkpoints=checkpoints or (f"{root}/checkpoints" if on_volume else _IN_THE_POD),
        keys=root if on_volume else "",
        metadata=None,
        several_roots=True,
    )
