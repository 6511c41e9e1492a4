from components.gate import model_blessing


def test_the_properties_are_those_of_tfx():
    from tfx.components.evaluator import constants

    assert model_blessing.MODEL_BLESSED == constants.ARTIFACT_PROPERTY_BLESSED_KEY
    assert model_blessing.BLESSED_MODEL_ID == constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
