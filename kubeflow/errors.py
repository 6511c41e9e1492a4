"""The errors around Kubeflow that a user can cause and fix."""

from components.runtime.errors import MedtfxError


class KubeflowError(MedtfxError):
    """The package, its image or its surroundings do not fit together."""


class PipelinesError(KubeflowError):
    """Kubeflow Pipelines can't be reached, refuses, or has no such run, schedule or pipeline."""
