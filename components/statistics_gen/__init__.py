"""StatisticsGen: TFX's, without Beam where no engine is named."""
