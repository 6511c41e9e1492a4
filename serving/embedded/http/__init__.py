"""The REST port: TensorFlow Serving's paths and JSON over HTTP."""
