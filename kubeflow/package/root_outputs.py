"""The verdict as an output of the whole pipeline, so that KFP's page shows it beside the run.

KFP's SDK lifts metrics out of the group that a condition makes, and nothing else.
"""

from typing import Any

VERDICT = "verdict"
_ROOT = ""


def lift_verdict(spec: Any) -> None:
    """Makes the output `verdict` of a task an output of each group around it, and of the root.

    Args:
        spec: a `PipelineSpec` of KFP's, changed.
    """
    groups = {name: part for name, part in spec.components.items() if part.HasField("dag")}
    groups[_ROOT] = spec.root
    found = [
        (name, task)
        for name, group in groups.items()
        for task, described in group.dag.tasks.items()
        if VERDICT in _component(spec, described).output_definitions.artifacts
    ]
    if not found:  # no task has the gate
        return
    ((inner, task),) = found
    kind = _component(spec, groups[inner].dag.tasks[task]).output_definitions.artifacts[VERDICT]
    output, lifted = VERDICT, f"{task}-{VERDICT}"
    while True:
        group = groups[inner]
        group.output_definitions.artifacts[lifted].CopyFrom(kind)
        group.dag.outputs.artifacts[lifted].artifact_selectors.add(
            producer_subtask=task, output_artifact_key=output
        )
        if inner == _ROOT:
            return
        output = lifted
        inner, task = next(
            (name, around)
            for name, group in groups.items()
            for around, described in group.dag.tasks.items()
            if described.component_ref.name == inner
        )


def _component(spec: Any, task: Any) -> Any:
    return spec.components[task.component_ref.name]
