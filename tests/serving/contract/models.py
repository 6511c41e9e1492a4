"""Writes the folder that a server under contract serves from.

    .venv/bin/python -m tests.serving.contract.models FOLDER

tiny/1, tiny/2     both served; 1 has the label 'stable'
changing/1         served at its latest version; tests push others and remove them again
models.config      says so
monitoring.config  switches on the metrics of TensorFlow Serving
"""

import shutil
import sys
from pathlib import Path

from tests.serving.tiny_model import save_tiny_model

MONITORING = 'prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }\n'


def write_models(base: Path) -> None:
    """Writes models and configuration; `base` becomes a part of the latter."""
    first = base / "tiny" / "1"
    save_tiny_model(first)
    shutil.copytree(first, base / "tiny" / "2")
    shutil.copytree(first, base / "changing" / "1")
    (base / "models.config").write_text(model_config(base))
    (base / "monitoring.config").write_text(MONITORING)


def model_config(base: Path, stable: int = 1, changing: str = "latest { num_versions: 1 }") -> str:
    """Returns a ModelServerConfig as text."""
    return f"""model_config_list {{
  config {{
    name: "tiny" base_path: "{base}/tiny" model_platform: "tensorflow"
    model_version_policy {{ all {{}} }}
    version_labels {{ key: "stable" value: {stable} }}
  }}
  config {{
    name: "changing" base_path: "{base}/changing" model_platform: "tensorflow"
    model_version_policy {{ {changing} }}
  }}
}}
"""


if __name__ == "__main__":
    write_models(Path(sys.argv[1]).absolute())
