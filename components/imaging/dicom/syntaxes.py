"""Names of DICOM transfer syntaxes, for messages: those that pydicom does not know yet as well."""

from __future__ import annotations

from pydicom.uid import UID

_NEWER = {
    "1.2.840.10008.1.2.1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
}


def syntax_name(syntax: UID) -> str:
    """Name and UID, as in 'JPEG Baseline (Process 1) (1.2.840.10008.1.2.4.50)'."""
    name = _NEWER.get(syntax, syntax.name)
    return f"{name} ({syntax})" if name != syntax else f"of UID {str(syntax)[:64]!r}"
