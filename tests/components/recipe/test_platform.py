import pytest
from pydantic import ValidationError

from components.recipe.platform import PlatformSection


def refusal(**values):
    with pytest.raises(ValidationError) as caught:
        PlatformSection.model_validate(values)
    return str(caught.value)


def test_a_node_gets_its_own_values_and_those_of_every_node_where_it_says_nothing():
    platform = PlatformSection.model_validate(
        {
            "defaults": {"cpu": 2, "memory": "4Gi", "retries": 3},
            "nodes": {"Trainer": {"gpu": 1, "memory": "32Gi"}, "Pusher": {"retries": 0}},
        }
    )
    trainer, pusher = platform.resources("Trainer"), platform.resources("Pusher")
    assert (trainer.gpu, trainer.cpu, trainer.memory, trainer.retries) == (1, "2", "32Gi", 3)
    assert (pusher.gpu, pusher.cpu, pusher.memory, pusher.retries) == (None, "2", "4Gi", 0)


def test_a_killed_node_is_started_again_unless_the_recipe_says_otherwise():
    assert PlatformSection().resources("Trainer").retries == 1
    said = PlatformSection.model_validate({"defaults": {"cpu": 1}}).resources("Trainer")
    assert (said.retries, said.retry_wait_seconds) == (1, 60)


def test_nodes_in_one_pod_get_the_largest_values_of_them():
    platform = PlatformSection.model_validate(
        {
            "defaults": {"cpu": 2, "timeout_minutes": 30},
            "nodes": {"Baseline": {"memory": "2Gi"}, "Evaluator": {"memory": "3G", "cpu": "500m"}},
        }
    )
    pod = platform.resources("Baseline", "Evaluator")
    assert (pod.cpu, pod.memory, pod.timeout_minutes, pod.gpu) == ("2", "3G", 30, None)


def test_which_nodes_need_a_pod_of_their_own():
    nodes = {"Trainer": {"gpu": 1}, "Evaluator": {"memory": "3G"}}
    platform = PlatformSection.model_validate({"nodes": nodes})
    assert [platform.pod_of(node) != "" for node in (*nodes, "Pusher")] == [True, False, False]
    assert PlatformSection(stages=False).pod_of("Pusher") == "Pusher"


def test_an_unknown_node_is_asked_about():
    message = refusal(nodes={"trainer": {"gpu": 1}})
    assert "there is no node 'trainer'. Did you mean 'Trainer'? Nodes: ImageExampleGen, " in message
    assert "Did you mean" not in refusal(nodes={"xyz": {}})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"defaults": {"gpu": 1}}, "most nodes do not use a GPU"),
        ({"gpu_type": "nvidia"}, "should match pattern"),
        ({"beam_args": ["runner=FlinkRunner"]}, "not a single option of Beam"),
        ({"beam_args": ["--job_endpoint=$(HOST):1"]}, "which Kubernetes would replace"),
        ({"beam_args": ["--flink_master={{host}}"]}, "which Kubernetes would replace"),
        ({"beam_args": ["--auth_token=x"]}, "--auth_token looks like a secret"),
        ({"nodes": {"Trainer": {"gpus": 1}}}, "Extra inputs are not permitted"),
        ({"nodes": {"Trainer": {"gpu": -1}}}, "greater than or equal to 0"),
        ({"env": {"DB_PASSWORD": "x"}}, "DB_PASSWORD looks like a secret"),
        ({"env": {"MEDTFX_PATIENT_KEY": "x"}}, "platform.secrets"),
        ({"env": {"MEDTFX_MLMD": "mysql://user:pw@db/mlmd"}}, "looks like a secret"),
        ({"env": {"A-B": "x"}}, "'A-B' is not a name of an environment variable"),
        ({"secrets": [{"name": "db"}]}, "give `env`, `path` or both"),
        ({"secrets": [{"name": "db", "env": {"1A": "key"}}]}, "'1A' is not a name"),
        ({"secrets": [{"name": "db", "env": {"A": "k"}}], "env": {"A": "x"}}, "set twice"),
        ({"volumes": [{"claim": "films", "path": "data"}]}, "starts with /"),
        ({"volumes": [{"claim": "films", "path": "/"}]}, "is not / alone"),
        ({"volumes": [{"claim": "Films", "path": "/data"}]}, "should match pattern"),
        (
            {
                "volumes": [{"claim": "films", "path": "/data"}],
                "secrets": [{"name": "gcp", "path": "/data"}],
            },
            "mounted twice: ['/data']",
        ),
        ({"gate_failure": "ignore"}, "'report' or 'fail'"),
    ],
)
def test_what_a_cluster_would_refuse_is_refused_at_once(values, words):
    assert words in refusal(**values)


def test_an_address_without_password_is_no_secret():
    address = {"MEDTFX_MLMD": "grpc://metadata-grpc-service.kubeflow:8080"}
    assert PlatformSection(env=address).env == address


def test_members_of_an_ensemble_have_no_pods_of_their_own():
    with pytest.raises(ValidationError, match="parts of one network, trained together with one"):
        PlatformSection.model_validate({"parallel": ["members"]})


def test_a_trial_has_what_the_trainer_has_unless_it_is_named():
    section = PlatformSection.model_validate({"nodes": {"Trainer": {"gpu": 1}}})
    assert section.resources("Trial3").gpu == 1
    apart = PlatformSection.model_validate({"nodes": {"Trainer": {"gpu": 1}, "Trial": {"gpu": 2}}})
    assert apart.resources("Trial3").gpu == 2
    assert apart.pod_of("Trial3") == apart.pod_of("Trial4") == "Trial"
    each = PlatformSection(parallel=("trials",))
    assert each.pod_of("Trial3") == "Trial3"
