import dataclasses

from pipeline.external.evaluation import evaluate
from pipeline.external.net_benefit import NetBenefit
from pipeline.external.plots import decision_curves, recall_plot


def test_home_is_drawn_where_it_is_known(predicted, origin, make_rules, home):
    found = evaluate(predicted, origin, make_rules(home), None)
    with_home, without = recall_plot(found, home), recall_plot(found, ())
    assert ">at home<" in with_home and ">at home<" not in without
    assert "COVID" in with_home and "alone" not in with_home


def test_a_class_without_images_here_leaves_a_gap(predicted, origin, make_rules, home):
    found = evaluate(predicted, origin, make_rules(home), None)
    gone = dataclasses.replace(found.classes[0], cases=0)
    drawn = recall_plot(dataclasses.replace(found, classes=(gone, found.classes[1])), ())
    assert ">here<" in drawn  # the legend does not hang on the first class


def test_a_dollar_in_a_name_is_no_formula():
    points = (NetBenefit(0.1, 0.2, 0.1), NetBenefit(0.2, 0.15, 0.0))
    assert "cost $5 or $6" in decision_curves({"cost $5 or $6": points})
