"""Is the recall without labels that of NannyML?

    python3.11 -m venv /tmp/nannyml
    /tmp/nannyml/bin/pip install nannyml statsmodels simplejpeg
    PYTHONPATH=. /tmp/nannyml/bin/python benchmarks/estimated_recall.py

NannyML (Apache-2.0) documents CBPE, by which the monitor estimates recall; it is no dependency of
medtfx. It reports its use to a server unless told not to, as here.

Both estimate the same weeks of a simulated hospital with three classes: quiet, with another mixture
of classes, and with concept drift, which neither can see. NannyML calibrates the probabilities by
isotonic regression first; medtfx takes them as the model gives them, calibrated before it was
pushed. So the table has NannyML without calibration and with it.
"""

import os
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")  # each week is one chunk, which NannyML finds few

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from nannyml import CBPE  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from pipeline.monitor.checks.estimated_recall import hits_and_cases  # noqa: E402

CLASSES = ("disease", "normal", "other")
WEEKS = {
    "quiet": ((0.2, 0.5, 0.3), 0.0),
    "disease 20 % → 40 %": ((0.4, 0.375, 0.225), 0.0),
    "concept drift": ((0.2, 0.5, 0.3), 1.5),
}


def draw(
    images: int, prevalence: tuple[float, float, float], drift: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns calibrated probabilities [N, 3] and the classes, which the drift moves away."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(3, images, p=prevalence)
    seen = 2.0 * np.eye(3)[truth] + generator.normal(0, 1, (images, 3))
    seen[truth == 0] -= drift * np.array([1.0, -1.0, 0.0])
    # Bayes's rule for the mixture of the reference: the densities differ by exp(2 x of the class).
    odds = np.exp(2 * seen) * WEEKS["quiet"][0]
    return odds / odds.sum(-1, keepdims=True), truth


def frame(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> pd.DataFrame:
    """Returns the table that NannyML takes."""
    names = np.array(CLASSES)
    columns = {f"p_{name}": probabilities[:, number] for number, name in enumerate(CLASSES)}
    return pd.DataFrame(
        {**columns, "label": names[truth], "predicted": names[probabilities.argmax(-1)]}
    )


def nannyml_recall(reference: pd.DataFrame, week: pd.DataFrame, calibrate: bool) -> float:
    """Returns the mean of the recalls of the classes, as CBPE of NannyML estimates it."""
    estimator = CBPE(
        y_pred_proba={name: f"p_{name}" for name in CLASSES},
        y_pred="predicted",
        y_true="label",
        problem_type="classification_multiclass",
        metrics=["recall"],
        chunk_size=len(week),
        calibrator=None if calibrate else Uncalibrated(),
    )
    found = estimator.fit(reference).estimate(week).filter(period="analysis").to_df()
    return float(found[("recall", "value")].iloc[0])


class Uncalibrated:
    """A calibrator of NannyML that changes nothing."""

    def fit(self, *_: object, **__: object) -> None:
        """Learns nothing."""

    def calibrate(self, y_pred_proba: NDArray[np.float64], *_: object) -> NDArray[np.float64]:
        """Returns what it is given."""
        return y_pred_proba


def main() -> None:
    """Prints the table."""
    reference = frame(*draw(5000, *WEEKS["quiet"], seed=0))
    print("| week | by labels | medtfx | NannyML, uncalibrated | NannyML |")
    print("|---|---:|---:|---:|---:|")
    for number, (name, week) in enumerate(WEEKS.items()):
        probabilities, truth = draw(5000, *week, seed=1 + number)
        hits, cases = hits_and_cases(probabilities)
        ours = float((hits.sum(0) / cases.sum(0)).mean())
        right = probabilities.argmax(-1) == truth
        known = float(np.mean([right[truth == index].mean() for index in range(3)]))
        table = frame(probabilities, truth)
        theirs = [nannyml_recall(reference, table, calibrate) for calibrate in (False, True)]
        print(f"| {name} | {' | '.join(f'{value:.4f}' for value in (known, ours, *theirs))} |")


if __name__ == "__main__":
    main()
