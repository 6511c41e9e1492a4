"""The pipeline from image folders to a pushed model, and its first nodes for folds and searches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Not from `tfx.components` or `tfx.v1`, which import everything: seconds more for every node.
from tfx.components.evaluator.component import Evaluator
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.trainer.component import Trainer
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2, trainer_pb2
from tfx.types import Channel, standard_artifacts
from tfx.types.channel_utils import union

from components.approval.resolve import LatestDecision
from components.artifacts import OUT_OF_FOLD, Approval
from components.data_audit.baseline_statistics import LatestBlessedStatistics
from components.data_audit.component import DataAudit
from components.data_audit.gate import AuditGate
from components.evaluator import given_predictions
from components.evaluator.baseline import LatestBlessedBaseline
from components.evaluator.eval_config import build_eval_config
from components.evaluator.out_of_fold.component import OutOfFold
from components.image_example_gen.component import ImageExampleGen
from components.network.weights import weights_digest
from components.nodes import FOLD, TRIAL, fold_nodes, numbered
from components.pusher.component import Pusher
from components.recipe.data import SPLITS
from components.recipe.recipe import Recipe
from components.run_report.component import RunReport
from components.schema_gen.component import RecipeSchemaGen
from components.serving_validator.component import ServingValidator
from components.statistics_gen.component import StatisticsGen
from components.trainer.cross_validation.component import CrossValidation
from components.transform.component import TRAINED, Transform
from components.tuner.rounds import known_before
from pipeline.beam.arguments import BEAM_ARGS
from pipeline.dag.sources import SERVER, model_source, node_source
from pipeline.paths import PipelinePaths


def build_pipeline(
    recipe: Recipe, data_folder: str, paths: PipelinePaths, beam_args: tuple[str, ...] = BEAM_ARGS
) -> Pipeline:
    """Wires the nodes of a recipe.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        paths: where artifacts, metadata and pushed models go.
        beam_args: runner and parallelism of the Beam nodes.
    """
    folds = recipe.evaluation.folds
    prepared = _prepare(recipe, data_folder, paths, folds)
    examples = prepared.example_gen.outputs["examples"]
    trainer = _trainer(recipe, prepared, paths, folds)
    model = trainer.outputs["model"]
    judged = _judge(recipe, paths, prepared, model)
    evaluator = judged.evaluator
    out_of_fold = judged.out_of_fold.outputs["predictions"] if judged.out_of_fold else None
    serving_validator = ServingValidator(
        model=model,
        model_run=trainer.outputs["model_run"],
        model_blessing=evaluator.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        examples=examples,
        data=recipe.data,
        rules=recipe.evaluation,
        model_name=recipe.model_name,
        largest_batch=recipe.serving.batching.max_batch_size,
        mixed_precision=recipe.training.mixed_precision,
        server=SERVER,
        source=node_source("ServingValidator"),
        out_of_fold=out_of_fold,
    )
    audited = _audit(recipe, prepared)
    for training in (trainer, *judged.folds):
        training.add_upstream_node(audited.gate)
    pushed = _push(recipe, paths, evaluator, serving_validator)
    report = RunReport(
        recipe=_reported(recipe),
        model_name=recipe.model_name,
        code=model_source(),
        source=node_source("RunReport"),
        examples=examples,
        statistics=prepared.statistics_gen.outputs["statistics"],
        quarantine=prepared.example_gen.outputs["quarantine"],
        audit=audited.audit.outputs["audit"],
        model=model,
        model_run=trainer.outputs["model_run"],
        evaluation=evaluator.outputs["evaluation"],
        infra_blessing=serving_validator.outputs["blessing"],
        pushed_model=pushed.pusher.outputs["pushed_model"],
        out_of_fold=out_of_fold,
    )
    nodes = [
        *prepared.nodes(),
        *audited.nodes(),
        trainer,
        *judged.nodes(),
        serving_validator,
        *pushed.nodes(),
        report,
    ]
    return _pipeline(recipe.name, nodes, paths, beam_args)


def build_training(
    recipe: Recipe,
    data_folder: str,
    paths: PipelinePaths,
    name: str,
    beam_args: tuple[str, ...] = BEAM_ARGS,
) -> Pipeline:
    """Wires the nodes up to the Trainer: a model that is not evaluated or pushed.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        paths: where artifacts and metadata go.
        name: of the pipeline; recipes trained under one name share the cache of equal nodes.
        beam_args: runner and parallelism of the Beam nodes.
    """
    prepared = _prepare(recipe, data_folder, paths)
    nodes = [*prepared.nodes(), _trainer(recipe, prepared, paths)]
    return _pipeline(name, nodes, paths, beam_args)


def build_tuning(
    recipe: Recipe,
    data_folder: str,
    paths: PipelinePaths,
    space: Mapping[str, str],
    trials: int,
    beam_args: tuple[str, ...] = BEAM_ARGS,
) -> Pipeline:
    """Wires the nodes up to Transform, which share the cache of the recipe's runs, and the trials.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        paths: where artifacts and metadata go.
        space: `section.key` → its values, as `parse_space` takes it.
        trials: how many.
        beam_args: runner and parallelism of the Beam nodes.
    """
    # With KerasTuner, which no other run needs.
    from components.tuner.component import Tuner
    from components.tuner.trial.component import Trial

    prepared = _prepare(recipe, data_folder, paths, recipe.evaluation.folds)
    config = {
        "data": recipe.data.plain(),
        "model": recipe.model.plain(),
        "training": recipe.training.plain(),
        "space": dict(space),
        "checkpoints": paths.checkpoints,
        "weights_digest": weights_digest(recipe.model),
        "source": node_source(TRIAL),
    }
    made: list[Any] = []
    for number, name in enumerate(numbered(TRIAL, trials), start=1):
        known = made[: known_before(number, len(space))]
        trial = Trial(
            prepared.transform.outputs["transformed_examples"],
            config,
            number,
            union(one.outputs["result"] for one in known) if known else None,
        )
        made.append(trial.with_id(name))
    tuner = Tuner(union(one.outputs["result"] for one in made), config)
    return _pipeline(recipe.name, [*prepared.nodes(), *made, tuner], paths, beam_args)


class _Group:
    """Nodes by name, in the order in which they run."""

    def nodes(self) -> list[Any]:
        """Returns the nodes that this pipeline has."""
        values = [one if isinstance(one, list) else [one] for one in vars(self).values()]
        return [node for several in values for node in several if node is not None]


@dataclass(frozen=True)
class _Prepared(_Group):
    """The nodes from the image folders to the transformed examples."""

    example_gen: Any
    statistics_gen: Any
    schema_gen: Any
    validator: Any
    transform: Any


@dataclass(frozen=True)
class _Audited(_Group):
    """The data audit, and its gate, which the Trainer waits for."""

    baseline: Any
    audit: Any
    gate: Any


@dataclass(frozen=True)
class _Judged(_Group):
    """The Evaluator and what it needs; with folds their models and pooled predictions."""

    folds: list[Any]
    baseline: Any
    out_of_fold: Any | None
    evaluator: Any


@dataclass(frozen=True)
class _Pushed(_Group):
    """The Pusher, and the resolver of a person's decision if the recipe requires one."""

    approval: Any | None
    pusher: Any


def _prepare(
    recipe: Recipe, data_folder: str, paths: PipelinePaths, folds: int | None = None
) -> _Prepared:
    example_gen = ImageExampleGen(
        data_folder, recipe.data, paths.keys, node_source("ImageExampleGen")
    )
    examples = example_gen.outputs["examples"]
    statistics_gen = StatisticsGen(examples, node_source("StatisticsGen"))
    statistics = statistics_gen.outputs["statistics"]
    schema_gen = RecipeSchemaGen(statistics, recipe.data, node_source("SchemaGen")).with_id(
        "SchemaGen"
    )
    schema = schema_gen.outputs["schema"]
    validator = ExampleValidator(statistics=statistics, schema=schema)
    transform = Transform(
        examples=examples,
        schema=schema,
        statistics=statistics,
        data=recipe.data,
        source=node_source("Transform"),
        splits=SPLITS if folds else TRAINED,
    )
    return _Prepared(example_gen, statistics_gen, schema_gen, validator, transform)


def _audit(recipe: Recipe, prepared: _Prepared) -> _Audited:
    statistics = prepared.statistics_gen.outputs["statistics"]
    baseline = Resolver(
        strategy_class=LatestBlessedStatistics,
        model_blessing=Channel(type=standard_artifacts.ModelBlessing),
        statistics=Channel(type=standard_artifacts.ExampleStatistics),
        current=statistics,
    ).with_id("StatisticsBaseline")
    audit = DataAudit(
        examples=prepared.example_gen.outputs["examples"],
        statistics=statistics,
        quarantine=prepared.example_gen.outputs["quarantine"],
        baseline=baseline.outputs["statistics"],
        section=recipe.audit,
        folds=recipe.evaluation.folds,
        split_seed=recipe.data.split_seed,
        source=node_source("DataAudit"),
    )
    gate = AuditGate(audit=audit.outputs["audit"], source=node_source("AuditGate"))
    return _Audited(baseline, audit, gate)


def _trainer(
    recipe: Recipe, prepared: _Prepared, paths: PipelinePaths, folds: int | None = None
) -> Any:
    # Where folds decide no image is held out: the test split is trained on, too.
    return Trainer(
        run_fn="components.trainer.run_fn.run_fn",
        examples=prepared.transform.outputs["transformed_examples"],
        transform_graph=prepared.transform.outputs["transform_graph"],
        schema=prepared.schema_gen.outputs["schema"],
        train_args=trainer_pb2.TrainArgs(splits=["train", "test"] if folds else ["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=_trainer_config(recipe, paths, folds),
    )


def _judge(recipe: Recipe, paths: PipelinePaths, prepared: _Prepared, model: Any) -> _Judged:
    folds = recipe.evaluation.folds
    baseline = Resolver(
        strategy_class=LatestBlessedBaseline,
        config={"data": recipe.data.model_dump_json(by_alias=True), "folds": folds or 0},
        model=Channel(type=standard_artifacts.Model),
        model_blessing=Channel(type=standard_artifacts.ModelBlessing),
        infra_blessing=Channel(type=standard_artifacts.InfraBlessing),
        approval=Channel(type=Approval),
        candidate=model,
        **({"predictions": Channel(type=standard_artifacts.Examples)} if folds else {}),
    ).with_id("Baseline")
    config = build_eval_config(recipe.data, recipe.evaluation, node_source("Evaluator"))
    examples = prepared.example_gen.outputs["examples"]
    if not folds:
        evaluator = Evaluator(
            examples=examples,
            model=model,
            baseline_model=baseline.outputs["model"],
            eval_config=config,
            example_splits=["test"],
        )
        return _Judged([], baseline, None, evaluator)
    of_folds = [
        CrossValidation(
            examples=examples,
            transformed_examples=prepared.transform.outputs["transformed_examples"],
            transform_graph=prepared.transform.outputs["transform_graph"],
            config=_trainer_config(recipe, paths, folds) | {"source": node_source(FOLD)},
            fold=number,
        ).with_id(name)
        for number, name in enumerate(fold_nodes(folds), start=1)
    ]
    out_of_fold = OutOfFold(
        examples=examples,
        fold_predictions=union(fold.outputs["predictions"] for fold in of_folds),
        model=model,
        baseline_predictions=baseline.outputs["predictions"],
        source=node_source("OutOfFold"),
    )
    evaluator = Evaluator(
        examples=out_of_fold.outputs["predictions"],
        model=model,  # which is blessed; its own predictions are not looked at
        eval_config=config,
        example_splits=[OUT_OF_FOLD],
        module_path=given_predictions.__name__,
    )
    return _Judged(of_folds, baseline, out_of_fold, evaluator)


def _push(recipe: Recipe, paths: PipelinePaths, evaluator: Any, serving_validator: Any) -> _Pushed:
    # The model in the infra blessing is pushed: it has the warm-up file.
    given = {
        "model_blessing": evaluator.outputs["blessing"],
        "infra_blessing": serving_validator.outputs["blessing"],
        "push_destination": pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(
                base_directory=f"{paths.models}/{recipe.model_name}"
            )
        ),
    }
    if recipe.serving.approval == "none":
        return _Pushed(None, Pusher(**given))
    approval = Resolver(
        strategy_class=LatestDecision,
        infra_blessing=serving_validator.outputs["blessing"],
        approval=Channel(type=Approval),
    ).with_id("Approval")
    return _Pushed(approval, Pusher(**given, approval=approval.outputs["approval"]))


def _reported(recipe: Recipe) -> dict[str, Any]:
    # The machine and the schedule change neither the model nor the report.
    return {
        name: value
        for name, value in recipe.plain().items()
        if name not in ("platform", "retraining")
    }


def _pipeline(
    name: str, nodes: list[Any], paths: PipelinePaths, beam_args: tuple[str, ...]
) -> Pipeline:
    return Pipeline(
        pipeline_name=paths.pipeline_name(name),
        pipeline_root=paths.pipeline_root(name),
        components=nodes,
        enable_cache=True,
        metadata_connection_config=paths.metadata,
        beam_pipeline_args=list(beam_args),
    )


def _trainer_config(
    recipe: Recipe, paths: PipelinePaths, folds: int | None = None
) -> dict[str, object]:
    return {
        "recipe": recipe.name,
        "folds": folds,
        "data": recipe.data.plain(),
        "model": recipe.model.plain(),
        "training": recipe.training.plain(),
        "serving": recipe.serving.in_model(),
        "checkpoints": paths.checkpoints,
        "weights_digest": weights_digest(recipe.model),
        "source": node_source("Trainer"),
    }
