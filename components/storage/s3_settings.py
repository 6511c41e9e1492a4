"""The settings of S3, under the names that each library reads.

boto3, which Beam uses too, and tensorflow-io read the region, the address of the server and its
certificates from variables of different names.
"""

from collections.abc import MutableMapping

from components.runtime.errors import MedtfxError


class StorageError(MedtfxError):
    """Artifacts or models can't be written to an address."""


def share_settings(environment: MutableMapping[str, str]) -> None:
    """Completes the variables of one library from those of the other.

    Args:
        environment: changed; a second time changes nothing.

    Raises:
        StorageError: the endpoint is not an http address.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        if not endpoint.startswith(("http://", "https://")):
            raise StorageError(
                "AWS_ENDPOINT_URL must be the address of the S3 server, such as http://minio:9000. "
                f"Received: {endpoint!r}"
            )
        environment["S3_ENDPOINT"] = endpoint
    names = ("AWS_REGION", "AWS_DEFAULT_REGION")
    region = next((environment[name] for name in names if environment.get(name)), None)
    if region or endpoint:
        for name in names:
            environment[name] = region or "us-east-1"
    if bundle := environment.get("AWS_CA_BUNDLE"):
        environment.setdefault("S3_CA_FILE", bundle)
