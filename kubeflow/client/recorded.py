"""The results of a run in ML Metadata, which keeps them after the pods are gone."""

from kubeflow.results import Result


def recorded_results(run_id: str) -> dict[Result, str]:
    """Returns what the nodes of a run have recorded.

    Args:
        run_id: of the run, which is also its name in ML Metadata.

    Raises:
        MetadataError: the store can't be reached, or refuses.
    """
    from pipeline.metadata.connection import address
    from pipeline.metadata.store import properties_of_run

    found: dict[Result, str] = {}
    for properties in properties_of_run(address(), run_id):
        for result in Result:
            if text := properties.get(result.property_name):
                found[result] = text
    return found
