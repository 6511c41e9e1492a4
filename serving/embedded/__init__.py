"""A model server in this process, with TensorFlow Serving's own protocol.

For laptops, tests and the serving validator; production runs TensorFlow Serving itself. Reading
order: `models` (which versions are loaded, and how one is run), `access` and `image_bounds` (who
may ask, and for how much), `predict` and `predict_handlers` (the calls), `grpc_service` and `http`
(the two ports), `server` (all of it), `__main__` (as a process).
"""
