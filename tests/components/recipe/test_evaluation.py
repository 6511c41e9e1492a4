from components.recipe.evaluation import EvaluationSection


def test_a_floor_is_for_all_or_for_each():
    assert EvaluationSection(recall_floor=0.6).floor("COVID") == 0.6
    floors = {"COVID": 0.8, "NORMAL": 0.5}
    assert EvaluationSection(recall_floor=floors).floor("NORMAL") == 0.5
