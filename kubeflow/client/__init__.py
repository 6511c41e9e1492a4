"""Talks to Kubeflow Pipelines: connection, uploads, runs, schedules."""
