"""A DICOM node: images come from a PACS, results of the model go back into the study."""
