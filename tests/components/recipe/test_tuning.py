import pytest
from pydantic import ValidationError

from components.recipe.tuning import DEFAULT_SPACE, TuningSection


def test_only_keys_of_the_network_and_its_training_can_be_tuned():
    assert TuningSection().space == DEFAULT_SPACE
    with pytest.raises(ValidationError, match=r"can be tuned.*Received: 'data\.color'"):
        TuningSection(space={"data.color": "rgb,grayscale"})
