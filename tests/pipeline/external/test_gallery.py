import base64

from pipeline.external.gallery import surest_mistakes


def test_a_few_mistakes_of_each_class(draw, predicted):
    predicted.probabilities[10] = (0.05, 0.95)  # image 11, after the one that can't be read
    predicted.images.labels[11] = 0
    found = surest_mistakes(predicted)
    assert [one.label for one in found] == ["COVID"] * 4 + ["NORMAL"] * 3
    first = found[0]
    assert (first.file, first.predicted) == (predicted.images.names[11], "NORMAL")
    assert round(first.confidence, 2) == 0.95
    encoded = first.picture.removeprefix("data:image/jpeg;base64,")
    assert base64.b64decode(encoded)[:2] == b"\xff\xd8"


def test_a_file_that_is_gone_has_no_picture(predicted):
    assert surest_mistakes(predicted) == []
