"""The pipeline on Kubeflow Pipelines v2: compile, submit, schedule, run the nodes."""
