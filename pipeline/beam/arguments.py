"""The options of Beam: by default its nodes run in this process, or else on an engine of a cluster.

ImageExampleGen, StatisticsGen, DataAudit, Transform and Evaluator run on Beam. Flink, Spark and
Dataflow spread their work over machines; the options are Beam's own, passed on as they are, but for
the runner of an engine: in its place stands ours, which watches the job.
"""

from collections.abc import Mapping, Sequence

from components.storage.object_storage import worker_options
from pipeline.beam.errors import BeamError

# Without options Beam runs in this process. With any option, TFX packs itself for the workers (2 s
# and 50 MB in the temporary folder, for each node), unless an option names a container image.
# Workers that have medtfx have TFX too.
BEAM_ARGS: tuple[str, ...] = ()
_PACKED = ("--sdk_container_image", "--extra_package", "--setup_file", "--requirements_file")
_MODE, _IN_MEMORY = "--direct_running_mode", "in_memory"
# Their jobs run elsewhere and are watched: Beam's name in lower case → our runner.
_WATCHED = {
    name.lower(): f"--runner=pipeline.beam.runners.Watched{name}"
    for name in ("PortableRunner", "FlinkRunner", "SparkRunner", "PrismRunner")
}


def beam_args(given: Sequence[str], check: bool = True) -> tuple[str, ...]:
    """Returns the options for the nodes on Beam. Call it after `object_storage.prepare`.

    Args:
        given: options of Beam, e.g. `--runner=FlinkRunner`. Without a runner Beam runs on this
            machine.
        check: whether to make sure that runner, job server and workers can be used.

    Raises:
        BeamError: an option is no `--name=value`, or asks for processes on this machine, or the
            engine can't be used, see `pipeline.beam.checks`.
        EngineError: no worker came to do a small job, see `pipeline.beam.small_job`.
    """
    options = read_options(given)
    if not options:
        return BEAM_ARGS
    if (mode := options.get(_MODE, _IN_MEMORY)) != _IN_MEMORY:
        raise BeamError(
            f"{_MODE} must be {_IN_MEMORY}. On one machine the nodes use all cores in threads, "
            f"which is faster than processes, and opens no ports. Received: {mode!r}"
        )
    watched = (_WATCHED.get(_runner(option), option) for option in given)
    passed = (*watched, *_nothing_to_pack(options), *worker_options())
    if check and "--runner" in options:
        from pipeline.beam.checks import check_engine
        from pipeline.beam.small_job import run_small_job

        if check_engine(options):
            run_small_job(passed)
    return passed


def read_options(given: Sequence[str]) -> dict[str, str]:
    """Returns name, with its dashes → value, '' where there is none.

    Raises:
        BeamError: an option is no `--name=value`.
    """
    for option in given:
        if not option.startswith("--") or option == "--":
            raise BeamError(
                f"--beam-arg takes one option of Beam, e.g. --beam-arg=--runner=FlinkRunner. "
                f"Received: {option!r}"
            )
    return {name: value for name, _, value in (option.partition("=") for option in given)}


def _runner(option: str) -> str:
    """Returns Beam's full name of a runner in lower case; '' for any other option."""
    name, _, value = option.partition("=")
    if name != "--runner":
        return ""
    return value.lower() if value.lower().endswith("runner") else f"{value.lower()}runner"


def _nothing_to_pack(options: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the option that keeps TFX from packing itself, unless there is one that does."""
    if any(name.startswith(_PACKED) for name in options):
        return ()
    # Workers in containers take their image from it; the name is not used by any others.
    in_containers = options.get("--environment_type", "").upper() == "DOCKER"
    image = options.get("--environment_config") if in_containers else None
    return (f"--sdk_container_image={image or 'none'}",)
