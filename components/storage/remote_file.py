"""Small files in object storage, read and written whole: s3:// by boto3, gs:// by Beam.

Neither needs TensorFlow, which on one of the stacks can't open s3:// at all.
"""

from typing import Any

from components.storage import s3


def read(address: str) -> bytes:
    """Returns the content of a file.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: the storage can't be reached, or refuses access.
    """
    if s3.is_s3(address):
        return s3.read_object(address)
    systems = _file_systems()
    if not systems.exists(address):
        raise FileNotFoundError(address)
    with systems.open(address) as file:
        return file.read()


def write(address: str, content: bytes) -> None:
    """Writes a file in one step: a reader sees the old content or the new one.

    Raises:
        OSError: the storage can't be reached, or refuses access.
    """
    if s3.is_s3(address):
        s3.write_object(address, content)
        return
    with _file_systems().create(address) as file:
        file.write(content)


def delete(address: str) -> None:
    """Deletes a file.

    Raises:
        OSError: the storage can't be reached, or refuses access.
    """
    if s3.is_s3(address):
        s3.delete_object(address)
    else:
        _file_systems().delete([address])


def _file_systems() -> Any:
    from apache_beam.io.filesystems import FileSystems

    return FileSystems
