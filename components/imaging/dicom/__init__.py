"""DICOM files to pixels as a viewer shows them."""
