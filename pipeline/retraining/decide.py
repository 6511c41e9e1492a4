"""Decides, without TensorFlow, whether there is enough new data to train.

    seen = describe_data(recipe, list_folders(data_folder, recipe.data), key)
    ledger = Ledger(paths.pipeline_root(recipe.name))
    decision = decide(recipe.retraining, seen, ledger)           # before the first node

After the last node `medtfx run` writes the ledger. On a cluster, where each node is a process, the
first task stages what it saw, and the last one confirms it.
"""

from dataclasses import dataclass, field

from components.recipe.retraining import RetrainingSection
from pipeline.retraining.ledger import Ledger, LedgerError, Trained
from pipeline.retraining.training_data import TrainingData


@dataclass(frozen=True)
class Decision:
    """Whether to train, and why.

    Attributes:
        train: the decision.
        sentence: the reason, for the terminal and the log.
        new_patients: class → patients that the last training has not seen in that class.
    """

    train: bool
    sentence: str
    new_patients: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What differs between the data now and what the last training saw.

    Attributes:
        new_patients: class → patients new to that class; classes without are left out.
        new_images: images that were not there.
        removed_images: images that are gone.
        changed_files: images and tables that were rewritten.
    """

    new_patients: dict[str, int]
    new_images: int
    removed_images: int
    changed_files: int


def decide(section: RetrainingSection, seen: TrainingData, ledger: Ledger) -> Decision:
    """Compares with what the last training saw; if the ledger can't be read, it trains."""
    try:
        last = ledger.read()
    except LedgerError as error:
        return Decision(True, f"Training: what the last training saw is not known, {error}")
    return compare(section, seen, last)


def compare(section: RetrainingSection, seen: TrainingData, last: Trained | None) -> Decision:
    """Decides by what a training would see now and what the last one saw.

    Args:
        section: how much new data the recipe requires.
        seen: what a training would see now.
        last: the last finished training; None if there was none.
    """
    if last is None:
        return Decision(True, "Training: no earlier training is on record.")
    since = f"since the training of {last.finished}"
    others = {
        "the recipe": last.data.recipe != seen.recipe,
        "the code of the nodes": last.data.code != seen.code,
        "the site's patient key": last.data.key != seen.key,
    }
    if changed := [what for what, differs in others.items() if differs]:
        return Decision(True, f"Training: {' and '.join(changed)} changed {since}.")
    changes = changes_between(last.data, seen)
    if changes.removed_images and section.removed == "train":
        why = f"{_count(changes.removed_images, 'image')} removed {since}"
        return Decision(True, f"Training: {why}.", changes.new_patients)
    if changes.changed_files and section.changed == "train":
        why = f"{_count(changes.changed_files, 'file')} rewritten {since}"
        return Decision(True, f"Training: {why}.", changes.new_patients)
    return _by_new_patients(section, changes, last)


def changes_between(before: TrainingData, now: TrainingData) -> Changes:
    """Compares two states of a data folder, hashed with the same key."""
    new_patients = {
        label: len(patients - before.patients.get(label, frozenset()))
        for label, patients in now.patients.items()
    }
    files = before.images | before.tables
    return Changes(
        new_patients={label: count for label, count in new_patients.items() if count},
        new_images=len(now.images.keys() - before.images.keys()),
        removed_images=len(before.images.keys() - now.images.keys()),
        changed_files=sum(
            files.get(path, state) != state for path, state in (now.images | now.tables).items()
        ),
    )


def _by_new_patients(section: RetrainingSection, changes: Changes, last: Trained) -> Decision:
    total = sum(changes.new_patients.values())
    verdict = "blessed" if last.blessed else "not blessed"
    since = f"since the training of {last.finished}, whose model was {verdict}"
    found = f"{_arrived(changes)} {since}"
    if not changes.new_images:
        return Decision(False, f"Declined: {found}.{_ignored(changes)}")
    short = [
        f"{wanted} of {label}"
        for label, wanted in section.min_new_per_class.items()
        if changes.new_patients.get(label, 0) < wanted
    ]
    if total < section.min_new_patients:
        short.insert(0, f"{section.min_new_patients}")
    if short:
        required = f"the recipe requires at least {_listed(short)} (section retraining)"
        sentence = f"Declined: {found}; {required}.{_ignored(changes)}"
        return Decision(False, sentence, changes.new_patients)
    return Decision(True, f"Training: {found}.{_ignored(changes)}", changes.new_patients)


def _arrived(changes: Changes) -> str:
    """Says what is new, e.g. `5 new patients (COVID 2, NORMAL 3) with 9 new images`."""
    if not changes.new_images:
        return "no new image"
    images = _count(changes.new_images, "new image")
    if not changes.new_patients:
        return f"{images}, all of known patients,"
    total = sum(changes.new_patients.values())
    classes = ", ".join(f"{label} {count}" for label, count in changes.new_patients.items())
    return f"{_count(total, 'new patient')} ({classes}) with {images}"


def _ignored(changes: Changes) -> str:
    parts = {"removed image": changes.removed_images, "rewritten file": changes.changed_files}
    named = [_count(count, what) for what, count in parts.items() if count]
    return f" Ignored, as the recipe says: {' and '.join(named)}." if named else ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
