"""plan      what to serve, made with other values by `plan(gpu=1, storage="gs://...")`"""

from pathlib import Path

import pytest

from components.recipe.serving import ServingSection
from serving.production.plan import Plan
from serving.production.storage import Storage

TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


@pytest.fixture
def plan(tmp_path):
    def make(model="tiny", storage="pvc://medtfx-models", models=tmp_path / "models", **section):
        gpu = section.get("gpu", 0)
        section.setdefault("image", "registry.example/tensorflow/serving:2.16.1")
        return Plan(
            model=model,
            section=ServingSection(**section),
            storage=Storage.parse(storage),
            models=Path(models),
            node_selector={"pool": "gpu"} if gpu else {},
            tolerations=[TOLERATION] if gpu else [],
            pull_secrets=["registry"],
            service_account="reader",
            app_image="registry.example/medtfx:0.1",
            public_key="-----BEGIN PUBLIC KEY-----\n",
        )

    return make
