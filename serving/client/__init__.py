"""What a caller imports: `from serving.client.client import Client`. It loads no TensorFlow."""

from serving.client.client import Client

__all__ = ["Client"]
