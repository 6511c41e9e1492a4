"""One compressed DICOM frame to raw pixels: a script, run in a process of its own.

    python -S gdcm_worker.py '{"path": [...], "uid": "1.2.840...", ...}' < frame > pixels

Whatever goes wrong ends the process with a status that is not 0. It is run by its path and imports
nothing but GDCM, because every lossless JPEG waits for its start.
"""

import json
import sys


def main() -> None:
    """Decodes stdin as the JSON of the only argument says."""
    ask = json.loads(sys.argv[1])
    sys.path[:] = ask["path"]
    pixels = _decode(sys.stdin.buffer.read(), ask)
    sys.stdout.buffer.write(pixels)


def _decode(frame: bytes, ask: dict) -> bytes:
    """Raw pixels of a frame.

    Args:
        frame: the compressed bytes.
        ask: 'uid' of the transfer syntax, 'dimensions' (columns, rows, 1), 'photometric'
            interpretation, 'planar' configuration, and 'format': samples per pixel, bits
            allocated, bits stored, high bit, pixel representation.
    """
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions(tuple(ask["dimensions"]))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(ask["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetPlanarConfiguration(ask["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(ask["uid"])))
    image.SetPixelFormat(gdcm.PixelFormat(*ask["format"]))
    # GDCM's char* arrives as text; without a picture it is None, which ends the process.
    return image.GetBuffer().encode("utf-8", "surrogateescape")


if __name__ == "__main__":
    main()
