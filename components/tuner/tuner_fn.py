"""The `tuner_fn` of TFX's Tuner node."""

import hashlib
import json
from pathlib import Path

from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult

from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.dataset import TransformedSplit
from components.tuner.search import Search, build_oracle
from components.tuner.space import parse_space


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Builds the search.

    Args:
        fn_args: from TFX. `custom_config` holds the sections `data`, `model` and `training` of the
            recipe as plain values, `space` as `parse_space` takes it, the number of `trials`, and
            `searches`, the folder for the state of unfinished searches.

    Returns:
        The search, and the splits that TFX hands to it.

    Raises:
        RecipeError: a key of the search space is unknown, or a value is not allowed.
    """
    config = fn_args.custom_config
    data = DataSection.model_validate(config["data"])
    model = ModelSection.model_validate(config["model"])
    training = TrainingSection.model_validate(config["training"])
    oracle = build_oracle(
        parse_space(config["space"], model, training), model, training, config["trials"]
    )
    search = Search(oracle, data, model, training, _folder(fn_args))
    splits = {
        "train": TransformedSplit.matching(fn_args.train_files, data),
        "eval_split": TransformedSplit.matching(fn_args.eval_files, data),
    }
    return TunerFnResult(tuner=search, fit_kwargs=splits)


def _folder(fn_args: FnArgs) -> Path:
    """Returns a folder whose name depends on all that decides a trial, but not on their number."""
    config = {key: value for key, value in fn_args.custom_config.items() if key != "trials"}
    identity = [config, sorted(fn_args.train_files), sorted(fn_args.eval_files)]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return Path(config["searches"], digest)
