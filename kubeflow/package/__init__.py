"""The DAG as a package for Kubeflow Pipelines: one task a node."""
