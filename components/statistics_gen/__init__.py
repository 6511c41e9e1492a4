"""StatisticsGen: TFX's own node, and its options."""
