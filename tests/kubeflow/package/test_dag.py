import pytest

from components.nodes import APPROVAL, NODES, OF_FOLDS
from components.recipe.platform import PlatformSection
from kubeflow.package.dag import node_dag, search_dag, task_dag
from pipeline.recipes.loader import load_recipe

# Each cuts a stage in another place: none, before, in the middle, at the end, several.
OWN_PODS = [(), ("Baseline",), ("DataAudit",), ("RunReport",), ("StatisticsGen", "Evaluator")]


def dag_of(approval):
    return node_dag(load_recipe("quickstart", [f"serving.approval={approval}"]))


def platform_of(own_pods, **values):
    nodes = {node: {"timeout_minutes": 10} for node in own_pods}
    return PlatformSection.model_validate({"nodes": nodes, **values})


def test_the_node_approval_is_there_where_the_recipe_asks_for_one():
    assert tuple(dag_of("required")) == tuple(node for node in NODES if node not in OF_FOLDS)
    assert set(NODES) - set(dag_of("none")) == {APPROVAL, *OF_FOLDS}


def test_folds_are_trained_in_a_task_of_their_own_beside_the_trainer():
    dag = node_dag(load_recipe("quickstart", ["evaluation.folds=2"]))
    tasks = {task.name: task for task in task_dag(dag, PlatformSection())}
    assert tasks["CrossValidation"].nodes == ("CrossValidation1", "CrossValidation2")
    assert tasks["CrossValidation"].upstream == ("ImageExampleGen", "Transform")
    assert "Trainer" not in tasks["CrossValidation"].upstream
    assert "CrossValidation" in tasks["Evaluator"].upstream


def test_folds_in_parallel_have_a_task_each_and_the_evaluator_waits_for_all():
    dag = node_dag(load_recipe("quickstart", ["evaluation.folds=2"]))
    tasks = {task.name: task for task in task_dag(dag, platform_of((), parallel=["folds"]))}
    folds = ("CrossValidation1", "CrossValidation2")
    for fold in folds:
        assert tasks[fold].nodes == (fold,)
        assert tasks[fold].upstream == ("ImageExampleGen", "Transform")
    assert set(folds) < set(tasks["Evaluator"].upstream)


def test_folds_with_a_gpu_share_a_pod_unless_they_are_in_parallel():
    dag = node_dag(load_recipe("quickstart", ["evaluation.folds=2"]))
    gpu = {"nodes": {"CrossValidation": {"gpu": 1}}}
    platform = PlatformSection.model_validate(gpu)
    assert "CrossValidation" in {task.name for task in task_dag(dag, platform)}
    assert platform.resources("CrossValidation1", "CrossValidation2").gpu == 1
    apart = PlatformSection.model_validate({**gpu, "parallel": ["folds"]})
    assert "CrossValidation1" in {task.name for task in task_dag(dag, apart)}
    assert apart.resources("CrossValidation2").gpu == 1


@pytest.mark.parametrize("approval", ["none", "required"])
def test_a_node_waits_for_earlier_ones_alone_and_only_the_data_for_none(approval):
    seen: set[str] = set()
    for node, upstream in dag_of(approval).items():
        assert set(upstream) <= seen
        assert upstream or node == "ImageExampleGen"
        assert len(upstream) == len(set(upstream))
        seen.add(node)


@pytest.mark.parametrize("approval", ["none", "required"])
def test_the_pusher_waits_for_all_before_it_and_the_last_node_closes_the_run(approval):
    dag = dag_of(approval)
    above = {node: set(upstream) for node, upstream in dag.items()}
    for node, upstream in dag.items():  # in topological order
        above[node].update(*(above[name] for name in upstream))
    assert list(dag)[-1] == "RunReport"
    assert above["RunReport"] == set(above) - {"RunReport"}
    assert above["Pusher"] == set(above) - {"Pusher", "RunReport"}


def test_the_stages_are_the_boxes_of_kfps_page():
    tasks = {task.name: task for task in task_dag(dag_of("none"), PlatformSection())}
    assert list(tasks) == ["ImageExampleGen", "Transform", "Trainer", "Evaluator", "Pusher"]
    assert tasks["ImageExampleGen"].upstream == ()
    assert tasks["ImageExampleGen"].nodes[-1] == "AuditGate"
    assert tasks["Evaluator"].nodes == ("Baseline", "Evaluator", "ServingValidator")
    assert tasks["Pusher"].nodes == ("Pusher", "RunReport")
    required = task_dag(dag_of("required"), PlatformSection())
    assert [task.name for task in required][-2:] == [APPROVAL, "Pusher"]


@pytest.mark.parametrize("approval", ["none", "required"])
@pytest.mark.parametrize("own_pods", OWN_PODS)
def test_every_node_runs_once_and_after_those_it_waits_for(approval, own_pods):
    dag = dag_of(approval)
    tasks = task_dag(dag, platform_of(own_pods))
    assert [node for task in tasks for node in task.nodes] == list(dag)
    ended: dict[str, set[str]] = {}  # task → the nodes that have run when it begins its own
    for task in tasks:
        before = set().union(*(ended[name] | nodes_of(tasks, name) for name in task.upstream))
        ended[task.name] = before
        for node in task.nodes:
            assert set(dag[node]) <= before
            before = before | {node}
    for node in own_pods:
        assert (node,) in [task.nodes for task in tasks]


def nodes_of(tasks, name):
    return {node for task in tasks if task.name == name for node in task.nodes}


def test_a_stage_that_is_cut_keeps_its_name_where_its_node_is():
    tasks = task_dag(dag_of("none"), platform_of(("Evaluator",)))
    assert [task.name for task in tasks][3:6] == ["Baseline", "Evaluator", "ServingValidator"]
    tasks = task_dag(dag_of("none"), platform_of(("DataAudit",)))
    assert [task.name for task in tasks][:3] == ["ImageExampleGen", "DataAudit", "AuditGate"]


def test_without_stages_each_node_is_a_task_and_waits_as_in_the_dag():
    dag = dag_of("required")
    tasks = task_dag(dag, platform_of((), stages=False))
    assert {task.name: task.upstream for task in tasks} == dag
    assert all(task.nodes == (task.name,) for task in tasks)


def test_the_trials_of_a_search_share_a_pod_or_have_one_each():
    recipe = load_recipe("quickstart", ["tuning.space={model.dropout: '0.1..0.5'}"])
    dag = search_dag(recipe, 5)
    tasks = {task.name: task for task in task_dag(dag, PlatformSection())}
    assert list(tasks) == ["ImageExampleGen", "Transform", "Trial", "Tuner"]
    assert tasks["Trial"].nodes == tuple(f"Trial{number}" for number in range(1, 6))
    apart = {task.name: task for task in task_dag(dag, platform_of((), parallel=["trials"]))}
    assert apart["Trial3"].upstream == ("Transform",)
    assert apart["Trial5"].upstream == ("Transform", "Trial1", "Trial2", "Trial3")
    assert apart["Tuner"].upstream == tuple(f"Trial{number}" for number in range(1, 6))
