"""Finds the decision about a model, and the artifacts that a decision is about."""

from typing import Any

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common import resolver


class LatestDecision(resolver.ResolverStrategy):
    """Resolves the latest decision about the model in an InfraBlessing.

    Inputs of the resolver node: `infra_blessing`, and `approval` of any run.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns `input_dict` with only that decision under `approval`, or [] without one."""
        del store
        blessings = {blessing.id for blessing in input_dict["infra_blessing"]}
        found = [
            approval
            for approval in input_dict["approval"]
            if approval.infra_blessing_id in blessings
        ]
        return {**input_dict, "approval": sorted(found, key=lambda approval: approval.id)[-1:]}


class Chosen(resolver.ResolverStrategy):
    """Resolves the artifacts of given ids.

    Args:
        ids: input key → id.
    """

    def __init__(self, ids: dict[str, int]):
        self._ids: dict[str, Any] = ids

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]] | None:
        """Returns one artifact under each key, or None where one is missing."""
        del store
        found = {
            key: [artifact for artifact in artifacts if artifact.id == self._ids[key]]
            for key, artifacts in input_dict.items()
        }
        return found if all(found.values()) else None
