"""Predictions of models that are as good as a test wants, and a browser for the page."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.compare.predictions import Predictions


def answers(
    skill: float, patients: int = 120, images: int = 3, folds: int = 3, seed: int = 0
) -> Predictions:
    """Returns answers about three classes; each patient has some images of one class."""
    generator = np.random.default_rng(seed)
    of_patient = np.repeat(np.arange(patients), images)
    labels = (of_patient % 3).astype(np.int64)
    scores = generator.gumbel(size=(len(labels), 3))
    scores[np.arange(len(labels)), labels] += skill
    exponents = np.exp(scores)
    return Predictions(
        filenames=tuple(f"{n:04d}.png" for n in range(len(labels))),
        patients=tuple(f"{n:016x}" for n in of_patient),
        folds=(of_patient % folds + 1).astype(np.int64),
        labels=labels,
        probabilities=exponents / exponents.sum(-1, keepdims=True),
    )


@pytest.fixture
def make_answers() -> Callable[..., Predictions]:
    return answers


# === A real browser ===

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Headless Chromium, whose console and requests can be asked for."""
    if missing := [path for path in (CHROMIUM, DRIVER) if not shutil.which(path)]:
        pytest.skip(f"{' and '.join(missing)} not installed: Debian's chromium, chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-background-networking",
        "disable-component-update", "disable-sync", "no-first-run", "disable-dev-shm-usage",
        f"user-data-dir={tmp_path}/chromium",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()
