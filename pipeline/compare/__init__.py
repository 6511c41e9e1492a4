"""Trains several recipes on the same patients and says which is better, and how sure that is.

`candidates` checks that the recipes can be compared, `trainings` trains them, `predictions` asks
the exported models about the images they never saw, `statistics` judges the answers, `results`
collects them, `tables`, `plots` and `page` show them.
"""
