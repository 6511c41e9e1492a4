"""Where the pushed models lie, as the servers see it."""

import re
from dataclasses import dataclass
from typing import Literal

from serving.protocol.errors import ServingError

MOUNTED = "/models"
"""Where a container finds the models of a claim, or of a folder of this machine."""

_CLAIM = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Storage:
    """The folder that holds `<model>/<version>/`.

    Attributes:
        kind: 'pvc', 'gs' or 's3'.
        where: name of the claim, or the bucket.
        path: below it, without slashes at its ends; may be ''.
    """

    kind: Literal["pvc", "gs", "s3"]
    where: str
    path: str

    @classmethod
    def parse(cls, text: str) -> "Storage":
        """Reads `pvc://CLAIM[/PATH]`, `gs://BUCKET[/PATH]` or `s3://BUCKET[/PATH]`.

        Raises:
            ServingError: it is none of them.
        """
        found = re.fullmatch(r"(pvc|gs|s3)://([^/]+)((?:/[^/]+)*)/?", text)
        if not found or (found[1] == "pvc" and not _CLAIM.fullmatch(found[2])):
            raise ServingError(
                "Servers on Kubernetes find the models at pvc://CLAIM/PATH (a persistent volume "
                f"claim), gs://BUCKET/PATH or s3://BUCKET/PATH. Received: {text!r}."
            )
        kind: Literal["pvc", "gs", "s3"] = found[1]  # type: ignore[assignment]
        return cls(kind, found[2], found[3].strip("/"))

    @property
    def is_mounted(self) -> bool:
        """Whether servers find the models in a folder."""
        return self.kind == "pvc"

    @property
    def readable(self) -> bool:
        """Whether TensorFlow Serving can read it: not s3, since 2.7."""
        return self.kind != "s3"

    def uri(self, model: str) -> str:
        """Returns the address of a model, as KServe takes it."""
        return f"{self.kind}://{'/'.join(part for part in (self.where, self.path, model) if part)}"

    def base_path(self, model: str) -> str:
        """Returns the base path of a model, as TensorFlow Serving takes it."""
        return f"{MOUNTED}/{model}" if self.is_mounted else self.uri(model)
