"""TensorFlow Serving's `batching.config`: the text of its message `BatchingParameters`."""

from components.recipe.serving import ServingSection

_HEADER = "# How images of several requests are run together; `serving.batching` of the recipe.\n"


def batching_config(section: ServingSection) -> str:
    """Returns the text of the file.

    Strings of encoded images are of one shape each, so nothing is padded but the batch itself.
    """
    batching = section.batching
    values = {
        "max_batch_size": batching.max_batch_size,
        "batch_timeout_micros": batching.batch_timeout_micros,
        "max_enqueued_batches": batching.max_enqueued_batches,
        "num_batch_threads": section.batch_threads,
    }
    lines = [f"{name} {{ value: {value} }}\n" for name, value in values.items()]
    lines += [f"allowed_batch_sizes: {size}\n" for size in batching.sizes]
    return "".join([_HEADER, *lines, "pad_variable_length_inputs: false\n"])
