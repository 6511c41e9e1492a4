"""The executor: from blessings and a decision to a pushed version, or none."""

import json
import time
from typing import Any

from tfx import types
from tfx.components.pusher import executor as pusher_executor
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils, proto_utils

from components.artifacts import SIGNED
from components.gate.model_blessing import BLESSED_MODEL_ID
from components.gate.serving_blessing import MODEL_ID
from components.gate.validated_copy import check_unchanged, local_copy, validated_files
from components.pusher.push import free_version, push


class Executor(pusher_executor.Executor):
    """TFX's own, which pushes only the files that were validated, and approved where required."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `pushed_model`. A model that may not be pushed is not an error of this node.

        Raises:
            ChangedModelError: the files differ from those that were validated or approved.
            SigningError: the site's key can't be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        served = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        required = exec_properties["approval_required"]
        decision = _latest_decision(input_dict) if required else None
        unapproved = required and (decision is None or decision.approved != 1)
        if unapproved or not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        base = _base(exec_properties["push_destination"])
        version = free_version(base, int(time.time()))
        with local_copy(served) as model:
            check_unchanged(model, validated_files(served), "the ServingValidator tested")
            if decision is not None:
                by_whom = f"{decision.by} approved on {decision.at[:10]}"
                check_unchanged(model, json.loads(decision.model_files), by_whom)
            destination, signed = push(model, base, version)
        io_utils.copy_dir(destination, pushed.uri)
        pushed.set_int_custom_property(SIGNED, int(signed))
        self._MarkPushed(pushed, pushed_destination=destination, pushed_version=str(version))

    def CheckBlessing(self, input_dict: dict[str, list[types.Artifact]]) -> bool:  # noqa: N802
        """Returns whether both blessings allow the model, and are about the same one."""
        served = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        model_id = served.get_int_custom_property(MODEL_ID)
        return super().CheckBlessing(input_dict) and model_id == _gated_model(input_dict)


def _gated_model(input_dict: dict[str, list[types.Artifact]]) -> int:
    gate = artifact_utils.get_single_instance(input_dict["model_blessing"])
    return int(gate.get_int_custom_property(BLESSED_MODEL_ID))


def _latest_decision(input_dict: dict[str, list[types.Artifact]]) -> types.Artifact | None:
    served = artifact_utils.get_single_instance(input_dict["infra_blessing"])
    about = [
        approval
        for approval in input_dict.get("approval", [])
        if (approval.infra_blessing_id, approval.model_id) == (served.id, _gated_model(input_dict))
    ]
    return max(about, key=lambda approval: approval.id, default=None)


def _base(destination: str) -> str:
    parsed = pusher_pb2.PushDestination()
    proto_utils.json_to_proto(destination, parsed)
    return str(parsed.filesystem.base_directory)
