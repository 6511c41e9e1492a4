"""The one place where the nodes are wired."""

from dataclasses import dataclass
from typing import Any

# Not `tfx.v1`, which imports the Google Cloud extensions too: seconds more for every node.
from tfx import components
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2, trainer_pb2
from tfx.types import Channel, standard_artifacts

from components.evaluator.baseline import LatestBlessedBaseline
from components.evaluator.eval_config import build_eval_config
from components.image_example_gen.component import ImageExampleGen
from components.schema_gen.component import RecipeSchemaGen
from components.serving_validator.component import ServingValidator
from components.source_hash import source_hash
from components.trainer.weights import weights_digest
from pipeline.beam import BEAM_ARGS
from pipeline.places import Places
from pipeline.recipe import Recipe

# Named, not imported: it runs in a process of its own.
SERVER = "serving.embedded"


def build_pipeline(
    recipe: Recipe, data_folder: str, places: Places, beam_args: tuple[str, ...] = BEAM_ARGS
) -> Pipeline:
    """Wires the nodes of a recipe.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        places: where artifacts, metadata and pushed models go.
        beam_args: runner and parallelism of the Beam nodes.
    """
    prepared = _prepare(recipe, data_folder, places)
    examples = prepared.example_gen.outputs["examples"]
    trainer = _trainer(recipe, prepared, places)
    model = trainer.outputs["model"]
    baseline = Resolver(
        strategy_class=LatestBlessedBaseline,
        config={"data": recipe.data.model_dump_json(by_alias=True)},
        model=Channel(type=standard_artifacts.Model),
        model_blessing=Channel(type=standard_artifacts.ModelBlessing),
        candidate=model,
    ).with_id("Baseline")
    evaluator = components.Evaluator(
        examples=examples,
        model=model,
        baseline_model=baseline.outputs["model"],
        eval_config=build_eval_config(recipe.data, recipe.evaluation),
        example_splits=["test"],
    )
    serving_validator = ServingValidator(
        model=model,
        model_run=trainer.outputs["model_run"],
        model_blessing=evaluator.outputs["blessing"],
        examples=examples,
        data=recipe.data,
        model_name=recipe.model_name,
        largest_batch=recipe.serving.batching.max_batch_size,
        mixed_precision=recipe.training.mixed_precision,
        server=SERVER,
    )
    # The model of the infra blessing is pushed: it has the warm-up file.
    pusher = components.Pusher(
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=serving_validator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(
                base_directory=f"{places.models}/{recipe.model_name}"
            )
        ),
    )
    nodes = [*prepared.nodes, trainer, baseline, evaluator, serving_validator, pusher]
    return _pipeline(recipe.name, nodes, places, beam_args)


def build_training(
    recipe: Recipe,
    data_folder: str,
    places: Places,
    name: str,
    beam_args: tuple[str, ...] = BEAM_ARGS,
) -> Pipeline:
    """Wires the nodes up to the Trainer: a model that nobody blesses or pushes.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        places: where artifacts and metadata go.
        name: of the pipeline; recipes trained under one name share the cache of equal nodes.
        beam_args: runner and parallelism of the Beam nodes.
    """
    prepared = _prepare(recipe, data_folder, places)
    nodes = [*prepared.nodes, _trainer(recipe, prepared, places)]
    return _pipeline(name, nodes, places, beam_args)


def build_tuning(
    recipe: Recipe,
    data_folder: str,
    places: Places,
    search: dict[str, Any],
    beam_args: tuple[str, ...] = BEAM_ARGS,
) -> Pipeline:
    """Wires the nodes up to Transform, as a run of the recipe has them cached, and the Tuner.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        places: where artifacts and metadata go.
        search: further values of the Tuner's `custom_config`.
        beam_args: runner and parallelism of the Beam nodes.
    """
    prepared = _prepare(recipe, data_folder, places)
    tuner = components.Tuner(
        tuner_fn="components.tuner.tuner_fn.tuner_fn",
        examples=prepared.transform.outputs["transformed_examples"],
        transform_graph=prepared.transform.outputs["transform_graph"],
        schema=prepared.schema_gen.outputs["schema"],
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=_trainer_config(recipe, places)
        | {"tuner_source": source_hash("components.tuner")}
        | search,
    )
    return _pipeline(recipe.name, [*prepared.nodes, tuner], places, beam_args)


@dataclass(frozen=True)
class _Prepared:
    """The nodes from the image folders to the transformed examples."""

    example_gen: Any
    statistics_gen: Any
    schema_gen: Any
    validator: Any
    transform: Any

    @property
    def nodes(self) -> list[Any]:
        """In the order of the data."""
        return [*vars(self).values()]


def _prepare(recipe: Recipe, data_folder: str, places: Places) -> _Prepared:
    example_gen = ImageExampleGen(data_folder, recipe.data, places.keys)
    examples = example_gen.outputs["examples"]
    statistics_gen = components.StatisticsGen(examples=examples)
    statistics = statistics_gen.outputs["statistics"]
    schema_gen = RecipeSchemaGen(statistics, recipe.data).with_id("SchemaGen")
    schema = schema_gen.outputs["schema"]
    validator = components.ExampleValidator(statistics=statistics, schema=schema)
    transform = components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="components.transform.preprocessing.preprocessing_fn",
        custom_config={
            "data": recipe.data.plain(),
            "source": source_hash("components.transform", "components.sections"),
        },
        # Statistics of packed pixels say nothing and cost as much as the rest of the node.
        disable_statistics=True,
    )
    return _Prepared(example_gen, statistics_gen, schema_gen, validator, transform)


def _trainer(recipe: Recipe, prepared: _Prepared, places: Places) -> Any:
    return components.Trainer(
        run_fn="components.trainer.run_fn.run_fn",
        examples=prepared.transform.outputs["transformed_examples"],
        transform_graph=prepared.transform.outputs["transform_graph"],
        schema=prepared.schema_gen.outputs["schema"],
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=_trainer_config(recipe, places),
    )


def _pipeline(name: str, nodes: list[Any], places: Places, beam_args: tuple[str, ...]) -> Pipeline:
    return Pipeline(
        pipeline_name=name,
        pipeline_root=f"{places.artifacts}/{name}",
        components=nodes,
        enable_cache=True,
        metadata_connection_config=places.metadata,
        beam_pipeline_args=list(beam_args),
    )


def _trainer_config(recipe: Recipe, places: Places) -> dict[str, object]:
    return {
        "recipe": recipe.name,
        "data": recipe.data.plain(),
        "model": recipe.model.plain(),
        "training": recipe.training.plain(),
        "serving": recipe.serving.in_model(),
        "checkpoints": places.checkpoints,
        "weights_digest": weights_digest(recipe.model),
        "source": source_hash("components.trainer", "components.transform", "components.sections"),
    }
