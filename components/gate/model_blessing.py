"""Custom properties of the ModelBlessing that TFX's Evaluator writes.

They are as in `tfx.components.evaluator.constants`, whose import loads every component of TFX, and
TensorFlow and Beam with them: on a cluster, ten seconds for a node that only looks up a model.
"""

MODEL_BLESSED = "blessed"
BLESSED_MODEL_ID = "current_model_id"
