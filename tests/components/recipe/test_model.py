import pytest
from pydantic import ValidationError

from components.recipe.model import SCRATCH, ModelSection


def model(**values):
    return ModelSection.model_validate(values)


def test_a_backbone_is_one_network():
    section = model(backbone="mobilenet_v2", alpha=0.35)
    assert section.networks == (section,) and section.title == "mobilenet_v2"


def test_members_say_where_they_differ_from_the_section():
    members = [
        {"backbone": "mobilenet", "alpha": 0.5, "size": 96},
        {"backbone": "mobilenet", "weights": "a.h5", "contrast": "clahe"},
        {"backbone": "densenet201"},
    ]
    section = model(members=members, size=224)
    first, second, third = section.networks
    assert (first.alpha, first.size, first.weights) == (0.5, 96, "imagenet")
    assert (second.size, second.weights, second.contrast) == (224, "a.h5", "clahe")
    assert (third.backbone, third.members, third.contrast) == ("densenet201", (), "as_is")
    assert section.title == "2 x mobilenet + densenet201"


@pytest.mark.parametrize(
    ("values", "pretrained"),
    [
        ({"backbone": "mobilenet"}, True),
        ({"backbone": "mobilenet", "weights": "none"}, False),
        ({"backbone": SCRATCH}, False),
        ({"members": [{"backbone": "vgg16"}, {"backbone": "vgg19"}]}, True),
    ],
)
def test_which_networks_start_from_weights(values, pretrained):
    assert model(**values).pretrained == pretrained


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "give either `backbone`, or `members`"),
        ({"backbone": "vgg16", "members": [{"backbone": "vgg19"}]}, "give either `backbone`"),
        (
            {"members": [{"backbone": "vgg16"}, {"backbone": SCRATCH}]},
            "the members must all start from weights, or none of them",
        ),
    ],
)
def test_what_is_no_network(values, words):
    with pytest.raises(ValidationError, match=words):
        model(**values)
