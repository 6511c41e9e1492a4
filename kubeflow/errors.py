"""The errors a user can cause around Kubeflow, and mend."""

from components.runtime.errors import MedtfxError


class KubeflowError(MedtfxError):
    """The package, its image or its surroundings do not fit together."""


class PipelinesError(KubeflowError):
    """Kubeflow Pipelines can't be reached, refuses, or does not know what is asked for."""
