"""Images of a PACS as a training folder: found, fetched, de-identified. No TensorFlow."""
