"""Trains several recipes on the same patients and says which is better, with an interval.

`candidates` checks that the recipes can be compared, `trainings` trains them, `exported_model`
predicts the images that the models have not seen, `statistics` evaluates the predictions, `results`
collects them, `tables`, `plots` and `page` show them.
"""
