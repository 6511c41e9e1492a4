"""The typed configuration of a pipeline: one file a section, and `Recipe`, which is all of them.

A node gets its sections alone, as plain JSON in its `custom_config`, and reads them back with the
same classes. Unknown keys fail. `pipeline.recipes` reads the YAML files.
"""
