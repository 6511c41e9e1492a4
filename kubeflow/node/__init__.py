"""What runs in the pod of a node: `python -m kubeflow.node`."""
