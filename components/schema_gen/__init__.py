"""SchemaGen: what the statistics show, held to what the recipe says."""
