"""StatisticsGen: the statistics of the Examples, by TFDV."""
