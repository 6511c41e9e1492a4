"""The one place where the nodes are wired."""

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
    data = recipe.data.plain()
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
            "data": data,
            "source": source_hash("components.transform", "components.sections"),
        },
        # Statistics of packed pixels say nothing and cost as much as the rest of the node.
        disable_statistics=True,
    )
    trainer = components.Trainer(
        run_fn="components.trainer.run_fn.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=_trainer_config(recipe, places),
    )
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
    nodes = [example_gen, statistics_gen, schema_gen, validator, transform, trainer]
    return Pipeline(
        pipeline_name=recipe.name,
        pipeline_root=f"{places.artifacts}/{recipe.name}",
        components=[*nodes, baseline, evaluator, serving_validator, pusher],
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
