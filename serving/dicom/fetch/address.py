"""The address of a PACS as a user types it: `ORTHANC@pacs.example:4242`."""

import re

from components.recipe.dicom import AE_TITLE
from serving.dicom.errors import FetchError

_ADDRESS = re.compile(rf"(?P<title>{AE_TITLE})@(?P<host>[^@:\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d+)")


def parse_address(text: str) -> tuple[str, str, int]:
    """Returns AE title, host and port.

    Raises:
        FetchError: it is not such an address.
    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or not 0 < int(match["port"]) < 65536:
        raise FetchError(
            "A PACS has an AE title, a host and a port, such as ORTHANC@pacs.example:4242. "
            f"Received: {text!r}."
        )
    return match["title"], match["host"].strip("[]"), int(match["port"])


def check_title(text: str) -> str:
    """Returns an AE title.

    Raises:
        FetchError: it is none.
    """
    if not re.fullmatch(AE_TITLE, text):
        raise FetchError(
            f"An AE title has 1 to 16 ASCII characters, without \\. Received: {text!r}."
        )
    return text
