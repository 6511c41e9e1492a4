"""Prepares a worker of Beam for object storage, as it imports this module when it starts.

Beam does so for the option `--beam_plugin`. TFX's own steps open artifacts too, and there is no
other way to be called before them in the process of a worker.
"""

from components.storage.object_storage import prepare_worker

prepare_worker()
