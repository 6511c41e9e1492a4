"""The shape of a pipeline: which node waits for which."""

from dataclasses import dataclass

from components.nodes import PUSHER
from components.recipe.model import ModelSection
from components.recipe.recipe import Recipe


@dataclass(frozen=True)
class GraphNode:
    """A node of the pipeline.

    Attributes:
        name: as in `pipeline.dag`.
        after: names of the nodes it waits for.
    """

    name: str
    after: tuple[str, ...]


def node_graph(recipe: Recipe) -> list[GraphNode]:
    """Returns the nodes of a recipe in topological order, as TFX compiles them.

    The Pusher waits for all before it, also for those whose results it does not need: as on one
    machine a node that fails keeps a model from being pushed. The last node closes the run.
    """
    from tfx.dsl.compiler import compiler

    from pipeline.dag.training import build_pipeline
    from pipeline.paths import PipelinePaths

    # Weights are looked up where the nodes run, which need not be here.
    model = ModelSection.model_validate(recipe.model.plain() | {"weights": "none"})
    shape = recipe.model_copy(update={"model": model})
    places = PipelinePaths("/root", "/models", "/checkpoints", "/keys", metadata=None)
    compiled = compiler.Compiler().compile(build_pipeline(shape, "/data", places))
    nodes = {
        node.pipeline_node.node_info.id: tuple(node.pipeline_node.upstream_nodes)
        for node in compiled.nodes
    }
    *before, _ = nodes
    awaited = {name for after in nodes.values() for name in after}
    nodes[PUSHER] += tuple(name for name in before if name not in awaited)
    return [GraphNode(name, after) for name, after in nodes.items()]
