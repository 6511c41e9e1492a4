"""The run report: one page about a model, and its predictions of the test split."""
