"""OutOfFold: the pooled predictions of a cross-validation, checked, beside the baseline's."""
