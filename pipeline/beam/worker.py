"""A worker of a pool of Beam's, prepared for object storage: `medtfx-beam-worker`.

Beam's pool starts it with `--container_executable=medtfx-beam-worker`. The worker that the pool
starts otherwise knows no options and imports no plugin: TensorFlow and Beam refuse s3:// there.
"""

import argparse


def main(arguments: list[str] | None = None) -> None:
    """Works for the pool until it ends the process; other options of its contract are ignored."""
    parser = argparse.ArgumentParser("medtfx-beam-worker", description=__doc__)
    parser.add_argument("--id", required=True, help="of the worker")
    parser.add_argument("--control_endpoint", required=True, help="of the job server")
    given, _ = parser.parse_known_args(arguments)

    from components.runtime.lean_imports import load_tensorflow

    load_tensorflow()
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    from components.storage.object_storage import prepare_worker

    prepare_worker()
    SdkHarness(given.control_endpoint, worker_id=given.id).run()


if __name__ == "__main__":
    main()
