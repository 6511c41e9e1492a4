"""ExampleGen: from image folders to tf.Examples, split by patient."""
