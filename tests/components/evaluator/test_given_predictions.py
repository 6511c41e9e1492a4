from components.evaluator import given_predictions


def test_tfx_finds_the_function_and_gets_no_model():
    from tfx.components.util import udf_utils

    properties = {"module_path": given_predictions.__name__}
    found = udf_utils.try_get_fn(properties, "custom_eval_shared_model")
    assert found(eval_saved_model_path="/gone", model_name="", eval_config=None) is None
