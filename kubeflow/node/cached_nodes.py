"""Nodes whose result is in the cache, without TensorFlow.

TFX's own launcher decides: it resolves the inputs in ML Metadata, runs the driver and compares the
fingerprint of inputs, parameters and code. What is not in the cache it would execute, and is left
to another process here.
"""

import logging
from typing import Any

from kubeflow.node.task import log


class _NotInCacheError(BaseException):
    """The launcher wants to execute a node. No `Exception`, which it would record as a failure."""


def from_cache(pipeline: Any, node: str, connection: Any) -> Any | None:
    """Takes a node from the cache, or resolves it if it is a resolver.

    Args:
        pipeline: compiled, with the run id substituted.
        node: its id; the nodes before it must have run.
        connection: configuration of ML Metadata.

    Returns:
        A `NodeRun`; None for a node that another process has to run. That process also finds out
        and reports why a node can't be run.
    """
    from tfx.orchestration.portable.base_executor_operator import BaseExecutorOperator
    from tfx.proto.orchestration import executable_spec_pb2

    from pipeline.runs.runner import NodeFailedError, launch_node

    specs = (
        executable_spec_pb2.PythonClassExecutableSpec,
        executable_spec_pb2.BeamExecutableSpec,
    )

    class Refusing(BaseExecutorOperator):
        SUPPORTED_EXECUTOR_SPEC_TYPE = specs
        SUPPORTED_PLATFORM_CONFIG_TYPE = None

        def run_executor(self, execution_info: Any, *more: Any) -> Any:
            raise _NotInCacheError

    try:
        return launch_node(pipeline, node, connection, dict.fromkeys(specs, Refusing))
    except _NotInCacheError:
        return None
    except NodeFailedError as error:
        log.debug("%s can't be taken from the cache: %s", node, error, exc_info=True)
        return None


def quiet_launcher() -> None:
    """Keeps TFX's launcher from logging what the other process reports."""
    logging.getLogger("absl").setLevel(logging.CRITICAL)
