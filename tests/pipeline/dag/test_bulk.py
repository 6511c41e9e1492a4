from pipeline.dag.bulk import build_bulk_pipeline, bulk_pipeline
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe

PATHS = PipelinePaths("/root", "/models", "/checkpoints", "/keys", None)


def test_a_folder_is_read_without_labels_and_predicted():
    data = load_recipe("quickstart").data
    pipeline = build_bulk_pipeline("/films", "/model", "chest", data, PATHS, ("--x=1",))
    nodes = {node.id: node for node in pipeline.components}
    assert set(nodes) == {"PushedModel", "ImageExampleGen", "BulkInferrer"}
    assert nodes["ImageExampleGen"].exec_properties["unlabelled"] == 1
    root = f"/root/artifacts/{bulk_pipeline('chest')}"
    assert pipeline.pipeline_info.pipeline_root == root
    assert pipeline.beam_pipeline_args == ["--x=1"]
