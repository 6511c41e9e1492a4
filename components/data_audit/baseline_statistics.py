"""Finds the baseline statistics: those of the data of the latest blessed model."""

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio

from components.gate.model_blessing import BLESSED_MODEL_ID, MODEL_BLESSED

_RUN = "pipeline_run"


class LatestBlessedStatistics(resolver.ResolverStrategy):
    """Resolves the statistics of the run that made the latest blessed model on other data.

    The statistics of the current data are left out: in a repeated run, with everything cached, the
    latest blessed model is of the same data. Comparing them with themselves has no use, and would
    make the audit run again.

    Inputs of the resolver node: `model_blessing`, `statistics` (both of any run) and `current`.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns `input_dict` with only the baseline under `statistics`, or [] without one."""
        current = {artifact.id for artifact in input_dict["current"]}
        others = [artifact for artifact in input_dict["statistics"] if artifact.id not in current]
        by_run = {run: artifact for artifact in others for run in _runs(store, artifact.id)}
        found: list[types.Artifact] = []
        for model_id in _blessed_models(input_dict["model_blessing"]):
            of_model = {
                by_run[run].id: by_run[run] for run in _runs(store, model_id) if run in by_run
            }
            # A cached model belongs to several runs; the first one made it.
            found = [of_model[min(of_model)]] if of_model else []
            if found and fileio.exists(found[0].uri):
                break
            found = []
        return {**input_dict, "model_blessing": [], "statistics": found}


def _blessed_models(blessings: list[types.Artifact]) -> list[int]:
    """Returns the ids of blessed models, the latest first."""
    return sorted(
        (
            blessing.get_int_custom_property(BLESSED_MODEL_ID)
            for blessing in blessings
            if blessing.get_int_custom_property(MODEL_BLESSED) == 1
        ),
        reverse=True,
    )


def _runs(store: mlmd.MetadataStore, artifact_id: int) -> list[str]:
    """Returns the pipeline runs that an artifact was made or reused in."""
    return [
        context.name
        for context in store.get_contexts_by_artifact(artifact_id)
        if context.type == _RUN
    ]
