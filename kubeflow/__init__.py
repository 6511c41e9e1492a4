"""The pipeline on Kubeflow Pipelines v2: what is compiled, submitted, scheduled and deployed."""
