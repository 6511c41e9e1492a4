import subprocess
import sys

from tests.paths import ROOT

START = (
    "import sys\n"
    "from components.runtime.import_singly import TFX_COMPONENTS, import_singly\n"
    "import_singly(TFX_COMPONENTS)\n"
)


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", START + code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_component_is_imported_without_the_others():
    python(
        "assert 'tfx' not in sys.modules\n"
        "from tfx.components.trainer.fn_args_utils import FnArgs\n"
        "assert 'tensorflow_model_analysis' not in sys.modules\n"
        "assert 'keras_tuner' not in sys.modules"
    )


def test_the_nodes_of_ingestion_load_no_library_of_other_nodes():
    python(
        "import components.image_example_gen.executor, components.statistics_gen.executor\n"
        "import components.data_audit.executor, components.transform.executor\n"
        "found = {'tensorflow_model_analysis', 'keras_tuner', 'kubernetes', 'docker'}\n"
        "assert not found & set(sys.modules), found & set(sys.modules)"
    )


def test_a_package_that_is_not_installed_is_left_to_its_importer():
    python(
        "import_singly('no_such_package.inner')\n"
        "assert not any(name.startswith('no_such') for name in sys.modules)"
    )
