"""What a user would write instead: one Keras script for the same images, model and epochs.

    .venv/bin/python benchmarks/plain_keras.py SPLITS OUT WEIGHTS EPOCHS

`SPLITS` holds train/, eval/ and test/ with a folder a class; `WEIGHTS` is a file of Keras. Prints
the seconds of its steps as JSON, imports not among them. Nothing is held back: pixels are decoded
once and kept in memory, and the input is prefetched.
"""

import json
import sys
import time
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score

SIDE, BATCH, SHUFFLED = 224, 32, 4096
_times: dict[str, float] = {"import": time.perf_counter()}


def step(name: str) -> None:
    """Notes the end of a step."""
    _times[name] = time.perf_counter()


def read(folder: str, batch: int | None) -> tf.data.Dataset:
    """Returns (pixels in 0..255, one-hot label) of a split."""
    return keras.utils.image_dataset_from_directory(
        folder, label_mode="categorical", image_size=(SIDE, SIDE), batch_size=batch, shuffle=False
    )


def build(classes: int, weights: str) -> keras.Model:
    """Returns a frozen MobileNetV2 0.35 under a new head, with augmentation in front."""
    backbone = keras.applications.MobileNetV2(
        (SIDE, SIDE, 3), alpha=0.35, include_top=False, weights=None
    )
    backbone.load_weights(weights)
    backbone.trainable = False
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.RandomZoom(0.1, fill_mode="constant"),
            keras.layers.RandomRotation(0.04, fill_mode="constant"),
            keras.layers.Rescaling(1 / 127.5, -1),
            backbone,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


def main(splits: str, out: str, weights: str, epochs: int) -> None:
    keras.utils.set_random_seed(1)
    train = read(f"{splits}/train", None).cache().shuffle(SHUFFLED).batch(BATCH)
    watched = read(f"{splits}/eval", BATCH).cache()
    test = read(f"{splits}/test", BATCH)
    classes = test.class_names
    model = build(len(classes), weights)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    step("build")
    model.fit(
        train.prefetch(tf.data.AUTOTUNE),
        validation_data=watched.prefetch(tf.data.AUTOTUNE),
        epochs=epochs,
        verbose=0,
        callbacks=[keras.callbacks.ModelCheckpoint(f"{out}/best.keras", save_best_only=True)],
    )
    step("fit")
    truth = np.concatenate([label.numpy().argmax(-1) for _, label in test])
    model = keras.saving.load_model(f"{out}/best.keras")
    answers = model.predict(test, verbose=0)
    print(classification_report(truth, answers.argmax(-1), target_names=classes), file=sys.stderr)
    print(confusion_matrix(truth, answers.argmax(-1)), file=sys.stderr)
    print(roc_auc_score(truth, answers, multi_class="ovr"), file=sys.stderr)
    step("evaluate")
    model.export(f"{out}/model", verbose=False)
    step("export")
    names, times = list(_times)[1:], list(_times.values())
    seconds = [after - before for before, after in pairwise(times)]
    print(json.dumps(dict(zip(names, seconds, strict=True))))


if __name__ == "__main__":
    _, splits, out, weights, epochs = sys.argv
    main(splits, out, weights, int(epochs))
