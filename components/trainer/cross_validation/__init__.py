"""CrossValidation: a model of each fold, and its predictions for the images it has not seen."""
