"""Beam's runners of an engine, with jobs that are watched: `pipeline.beam.arguments` names them."""

from typing import Any

from apache_beam.runners.portability import (
    flink_runner,
    portable_runner,
    prism_runner,
    spark_runner,
)

from pipeline.beam.job import WatchedJob


class _Watched(portable_runner.PortableRunner):
    def run_portable_pipeline(self, pipeline: Any, options: Any) -> WatchedJob:
        """Starts the job; see Beam's PortableRunner."""
        return WatchedJob(super().run_portable_pipeline(pipeline, options))


class WatchedPortableRunner(_Watched):
    """A job server that runs already."""


class WatchedFlinkRunner(_Watched, flink_runner.FlinkRunner):
    """Apache Flink."""


class WatchedSparkRunner(_Watched, spark_runner.SparkRunner):
    """Apache Spark."""


class WatchedPrismRunner(_Watched, prism_runner.PrismRunner):
    """Prism, Beam's own engine for one machine."""
