"""A person's decision between the blessing of a model and its push."""
