"""A PACS and the model: a DICOM node, the objects it sends, images for training."""
