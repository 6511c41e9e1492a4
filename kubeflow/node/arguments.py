"""The arguments of a task with nodes: its own process has them, and the process that it starts."""

import argparse

from kubeflow.node.task import task_parser


def node_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Returns the parser."""
    parser = task_parser(module, description)
    parser.add_argument("--node", action="append", required=True, help="in the order of the DAG")
    parser.add_argument("--beam-arg", action="append", default=[], help="an option of Beam")
    parser.add_argument("--retries", type=int, default=0, help="restarts of the nodes' process")
    parser.add_argument("--retry-wait", type=float, default=60, help="seconds before the first")
    parser.add_argument("--gate-failure", choices=("", "report", "fail"), default="")
    parser.add_argument("--page", help="file for the web page of a node's artifact")
    parser.add_argument("--verdict", help="file for the verdict, in Markdown")
    parser.add_argument("--gate", help="file for the metrics of the gate, in JSON")
    parser.add_argument("--confusion-matrix", help="file for the confusion matrix, in JSON")
    parser.add_argument("--executor-input", help="JSON that KFP gives to a task")
    return parser
