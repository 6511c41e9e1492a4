"""StatisticsGen: what TFDV measures of the Examples, and what it does not."""
