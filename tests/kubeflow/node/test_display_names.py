from kubeflow.node.display_names import name_outcome


def names(item):
    return {name: value.string_value for name, value in item.custom_properties.items()}


def test_the_execution_and_its_artifacts_get_the_names_that_kfp_s_page_shows(metadata, ran):
    run = ran("Trainer", {}, {"model": metadata.artifact("Model")})
    name_outcome(metadata.store, run, "chest@1f0c92ab")
    (execution,) = metadata.store.get_executions()
    assert names(execution) == {"display_name": "Trainer", "pipeline_name": "chest@1f0c92ab"}
    (artifact,) = metadata.store.get_artifacts()
    assert names(artifact) == {"display_name": "Trainer model", "pipeline_name": "chest@1f0c92ab"}


def test_an_artifact_from_the_cache_keeps_its_name(metadata, ran):
    model = metadata.artifact("Model", display_name="Trainer model")
    name_outcome(metadata.store, ran("Trainer", {}, {"model": model}), "other")
    assert names(metadata.store.get_artifacts()[0]) == {"display_name": "Trainer model"}
