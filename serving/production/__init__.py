"""Configuration of TensorFlow Serving itself, made from a recipe.

Reading order: `plan` and `storage` (what is wanted), `flags` (how the server is started),
`models_config`, `batching_config` and `monitoring_config` (the files it reads), `compose` (one
machine), `manifests/` and `kustomization` (Kubernetes), `kserve`, `writing` (all of it).
"""
