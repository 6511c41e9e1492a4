"""A model server in this process, with TensorFlow Serving's own protocol.

For laptops, tests and the serving validator; production runs TensorFlow Serving itself. Reading
order: `model` (one loaded version), `batching`, `config` and `manager` (which versions are loaded),
`predict` and `answers` (what is answered), `grpc_service` and `rest` (how), `server` (all of it),
`__main__` (in a process of its own).
"""
