"""SchemaGen: the schema inferred from the statistics, corrected by the recipe."""
