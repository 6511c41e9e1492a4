"""The one place where the nodes are wired."""

from tfx import v1 as tfx

from components.evaluator.baseline import LatestBlessedBaseline
from components.evaluator.eval_config import build_eval_config
from components.image_example_gen.component import ImageExampleGen
from components.schema_gen.component import RecipeSchemaGen
from components.source_hash import source_hash
from components.trainer.weights import weights_digest
from pipeline.places import Places
from pipeline.recipe import Recipe

BEAM_ARGS = ("--direct_running_mode=in_memory", "--direct_num_workers=1")


def build_pipeline(
    recipe: Recipe, data_folder: str, places: Places, beam_args: tuple[str, ...] = BEAM_ARGS
) -> tfx.dsl.Pipeline:
    """Wires the nodes of a recipe.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        places: where artifacts, metadata and pushed models go.
        beam_args: runner and parallelism of the Beam nodes.
    """
    components = tfx.components
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
        train_args=tfx.proto.TrainArgs(splits=["train"]),
        eval_args=tfx.proto.EvalArgs(splits=["eval"]),
        custom_config=_trainer_config(recipe, places),
    )
    model = trainer.outputs["model"]
    baseline = tfx.dsl.Resolver(
        strategy_class=LatestBlessedBaseline,
        config={"data": recipe.data.model_dump_json(by_alias=True)},
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
        candidate=model,
    ).with_id("Baseline")
    evaluator = components.Evaluator(
        examples=examples,
        model=model,
        baseline_model=baseline.outputs["model"],
        eval_config=build_eval_config(recipe.data, recipe.evaluation),
        example_splits=["test"],
    )
    pusher = components.Pusher(
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(
                base_directory=f"{places.models}/{recipe.model_name}"
            )
        ),
    )
    nodes = [example_gen, statistics_gen, schema_gen, validator, transform, trainer]
    return tfx.dsl.Pipeline(
        pipeline_name=recipe.name,
        pipeline_root=f"{places.artifacts}/{recipe.name}",
        components=[*nodes, baseline, evaluator, pusher],
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
        "serving": recipe.serving.plain(),
        "checkpoints": places.checkpoints,
        "weights_digest": weights_digest(recipe.model),
        "source": source_hash("components.trainer", "components.transform", "components.sections"),
    }
