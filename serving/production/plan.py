"""What a server shall be, from a recipe: everything that is generated is made of this."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from components.recipe.dicom import DicomSection
from components.recipe.serving import ServingSection
from serving.production.storage import Storage
from serving.protocol.errors import ServingError

MANAGED = {"app.kubernetes.io/managed-by": "medtfx"}
_LONGEST_NAME = 52  # Kubernetes allows 63, and its controllers append to it


@dataclass(frozen=True)
class Plan:
    """How one model is served.

    Attributes:
        model: name that clients ask for.
        section: the section `serving` of the recipe.
        storage: where servers on Kubernetes find the models.
        models: folder of pushed models on this machine.
        gpu_type: resource name of a GPU on the cluster.
        node_selector: labels that a machine must carry.
        tolerations: of taints, as Kubernetes writes them.
        pull_secrets: with which images are pulled.
        service_account: of the pods, for a bucket that asks who reads; None for the default.
        app_image: an image with medtfx in it, to verify the models before the server starts, and to
            run the web page beside it; or None.
        public_key: the site's public key, or its authority's certificate: PEM text; or None.
        dicom: the section `dicom` of the recipe, for a DICOM node beside the server; or None.
        recipe: all of it, as YAML, for that node.
    """

    model: str
    section: ServingSection
    storage: Storage
    models: Path
    gpu_type: str = "nvidia.com/gpu"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    pull_secrets: Sequence[str] = ()
    service_account: str | None = None
    app_image: str | None = None
    public_key: str | None = None
    dicom: DicomSection | None = None
    recipe: str = ""

    @property
    def name(self) -> str:
        """The model's name as Kubernetes allows it: lower case, digits and `-`."""
        name = re.sub(r"[^a-z0-9]+", "-", self.model.lower()).strip("-")
        name = name if name[:1].isalpha() else f"model-{name}"
        return name[:_LONGEST_NAME].rstrip("-")

    @property
    def server(self) -> str:
        """Name of the Deployment, the Service and what belongs to them."""
        return f"{self.name}-serving"

    @property
    def config_map(self) -> str:
        """Name of the ConfigMap with the files of `config/`."""
        return f"{self.server}-config"

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which the pods are found."""
        return {"app.kubernetes.io/name": "tensorflow-serving", "app.kubernetes.io/instance":
                self.name}  # fmt: skip

    def metadata(self, name: str) -> dict[str, Any]:
        """Returns the `metadata` of an object of this plan."""
        return {"name": name, "labels": self.selector | MANAGED}

    def image_note(self, *images: str) -> str:
        """Returns what keeps images from being replaced; '' where all are named by their digests.

        Args:
            *images: as `image` returns them.
        """
        tags = sorted({image for image in images if "@sha256:" not in image})
        if not tags:
            return ""
        return (
            f"\nA registry can replace what a tag means ({', '.join(tags)}).\n"
            "Name the image by its digest: --set serving.image=NAME@sha256:DIGEST, as printed by\n"
            f"    docker buildx imagetools inspect {tags[0]}"
        )

    def image(self, gpu: bool) -> str:
        """Returns the image of the server.

        Raises:
            ServingError: the recipe names none, and the stack does not know a version.
        """
        if self.section.image is not None:
            return self.section.image
        try:
            version = metadata.version("tensorflow-serving-api")
        except metadata.PackageNotFoundError as error:
            raise ServingError(
                "Which TensorFlow Serving fits the models is known from the stack, which is not "
                "installed here. Name the image: --set serving.image=tensorflow/serving:VERSION."
            ) from error
        return f"tensorflow/serving:{version}{'-gpu' if gpu else ''}"
