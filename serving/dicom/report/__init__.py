"""Predictions as DICOM objects of the study that was asked about. No TensorFlow."""
