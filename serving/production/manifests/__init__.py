"""Kubernetes objects, each a function from a `Plan` to a plain dict."""
