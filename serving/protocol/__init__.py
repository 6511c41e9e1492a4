"""TensorFlow Serving's protocol, without TensorFlow: messages, calls, channel, TLS."""
