"""How TensorFlow Serving is started: the flags, and the files and ports that they name."""

BINARY = "/usr/bin/tensorflow_model_server"
CONFIG_FOLDER = "/config"
MODELS_FILE, BATCHING_FILE, MONITORING_FILE = (
    "models.config",
    "batching.config",
    "monitoring.config",
)
PUBLIC_KEY_FILE = "public-key.pem"  # for the init container that verifies the models
GRPC_PORT, REST_PORT = 8500, 8501

MODELS_POLL_SECONDS = 10
REST_TIMEOUT_SECONDS = 30
# Clients connect again after this time, and so find servers that were added in the meantime.
CONNECTION_SECONDS = 300
_FOLDER_POLL_SECONDS = 5


def server_flags(threads: int) -> list[str]:
    """Returns the arguments of `tensorflow_model_server`.

    Args:
        threads: of TensorFlow. By itself it takes one for each processor of the machine, and these
            would wait for each other below the limit of the container.
    """
    return [
        f"--port={GRPC_PORT}",
        f"--rest_api_port={REST_PORT}",
        f"--rest_api_timeout_in_ms={1000 * REST_TIMEOUT_SECONDS}",
        f"--model_config_file={CONFIG_FOLDER}/{MODELS_FILE}",
        f"--model_config_file_poll_wait_seconds={MODELS_POLL_SECONDS}",
        # At start no version is loaded yet, and without this a label would keep it from starting.
        "--allow_version_labels_for_unavailable_models=true",
        f"--file_system_poll_wait_seconds={_FOLDER_POLL_SECONDS}",
        *batching_flags(),
        session_flag(threads),
        f"--monitoring_config_file={CONFIG_FOLDER}/{MONITORING_FILE}",
        f"--grpc_channel_arguments=grpc.max_connection_age_ms={1000 * CONNECTION_SECONDS}",
    ]


def batching_flags() -> list[str]:
    """Returns the arguments for batching, which KServe's runtime does not set."""
    return ["--enable_batching=true", f"--batching_parameters_file={CONFIG_FOLDER}/{BATCHING_FILE}"]


def session_flag(threads: int) -> str:
    """Returns the argument for the threads of TensorFlow, which KServe's runtime does not set."""
    return f"--tensorflow_session_parallelism={threads}"


def status_path(model: str) -> str:
    """Returns the REST path that answers 200 while the server knows the model: it is alive."""
    return f"/v1/models/{model}"


def ready_path(model: str) -> str:
    """Returns the REST path that answers 200 while a version of the model can be asked."""
    return f"/v1/models/{model}/metadata"
