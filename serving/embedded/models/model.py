"""One loaded version of a model.

It is loaded into a TF-1-style session, as TensorFlow Serving's C++ does it: an export that works
here works there, which `tf.saved_model.load` does not promise.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from components.saved_model.signature import check_model
from serving.embedded.models.batching import Arrays, Batcher
from serving.embedded.status_error import StatusError, code_of
from serving.protocol.tensorflow_free import meta_graph_pb2

_INIT_SIGNATURE = "__saved_model_init_op"
# Decoding and the like take one processor; a second batch keeps the others busy meanwhile.
_LANES = 2


class LoadedModel:
    """A loaded SavedModel.

    Attributes:
        name: of the model.
        version: its number.
        signature_def: all signatures by name, as the metadata call reports them.
        signatures: those that can be run.

    Args:
        name: of the model.
        version: its number.
        path: the SavedModel's folder.
        max_rows: rows that are run together, of several requests or one; 0 runs each request as it
            is.

    Raises:
        ChangedModelError: its files are not those that a run pushed; TensorFlow does not see them.
        tf.errors.OpError: it can't be loaded: half copied, or broken. Other exceptions too, as
            broken files break in many ways.
    """

    def __init__(self, name: str, version: int, path: Path, max_rows: int) -> None:
        self.name, self.version = name, version
        check_model(path)
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        try:
            with graph.as_default():
                meta_graph = tf.compat.v1.saved_model.load(self._session, ["serve"], str(path))
        except BaseException:
            self._session.close()
            raise
        self.signature_def: dict[str, Any] = {
            name: meta_graph_pb2.SignatureDef.FromString(signature.SerializeToString())
            for name, signature in meta_graph.signature_def.items()
        }
        self.signatures = {k: v for k, v in self.signature_def.items() if k != _INIT_SIGNATURE}
        self._calls: dict[str, Callable[..., Sequence[Any]]] = {}
        self._batchers = {
            key: Batcher(partial(self._run, key), max_rows, _LANES)
            for key, signature in self.signatures.items()
            if max_rows and _is_batched(signature)
        }

    def run(self, key: str, inputs: Arrays) -> Arrays:
        """Runs a signature on arrays of the right types, maybe in a batch with other requests.

        Returns:
            All outputs of the signature by name.

        Raises:
            StatusError: the model can't be run on these inputs.
        """
        batcher = self._batchers.get(key)
        return batcher(inputs) if batcher else self._run(key, inputs)

    def close(self) -> None:
        """Frees the memory; nobody may be running it."""
        self._session.close()

    def _run(self, key: str, inputs: Arrays) -> Arrays:
        try:
            call = self._calls.get(key) or self._calls.setdefault(key, self._callable(key))
            outputs = call(*(inputs[name] for name in sorted(inputs)))
            return dict(zip(sorted(self.signatures[key].outputs), outputs, strict=True))
        except tf.errors.OpError as error:
            raise StatusError(code_of(error.error_code), str(error.message)) from error
        except (ValueError, TypeError) as error:  # a shape that the graph does not take
            raise StatusError(code_of(tf.errors.INVALID_ARGUMENT), str(error)) from error

    def _callable(self, key: str) -> Callable[..., Sequence[Any]]:
        """Returns what runs a signature: arrays by the order of the inputs' names → of the outputs.

        `Session.run` looks at feeds and fetches again each time, which takes half a millisecond.
        TensorFlow has no public name for this, which the Keras of TensorFlow 1 is built on.
        """
        signature = self.signatures[key]
        feed, fetch = (
            [infos[name].name for name in sorted(infos)]
            for infos in (signature.inputs, signature.outputs)
        )
        options = config_pb2.CallableOptions(feed=feed, fetch=fetch)
        return self._session._make_callable_from_options(options)


def _is_batched(signature: Any) -> bool:
    """Whether the first dimension of all inputs and outputs is free: that is the batch."""
    shapes = [
        info.tensor_shape for infos in (signature.inputs, signature.outputs)
        for info in infos.values()
    ]  # fmt: skip
    return all(shape.dim and shape.dim[0].size == -1 for shape in shapes)
