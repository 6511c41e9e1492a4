"""The text of the Dockerfiles: nodes without and with GPU, and the web page.

Two stages. The first has a compiler, which one dependency needs, and installs; the second takes
over what was installed: dependencies in one layer, medtfx in another, so that a change of the code
moves megabytes rather than gigabytes. pip compiles the bytecode of both at build, without which
every node would need twice as long to load.
"""

from dataclasses import dataclass

# Any fixed number above the system's own. Numeric, so that Kubernetes can tell it is not root.
USER_ID = 10001


@dataclass(frozen=True)
class Variant:
    """What an image is for.

    Attributes:
        purpose: in words.
        environment: variables in the image.
        command: what it does when it is told nothing; KFP tells its nodes.
        imports: that the build tries.
    """

    purpose: str
    environment: dict[str, str]
    command: tuple[str, ...]
    imports: tuple[str, ...]


_NODE = {"TF_CPP_MIN_LOG_LEVEL": "2"}
VARIANTS = {
    "cpu": Variant("nodes of the pipeline", _NODE, ("medtfx", "version"), ("tfx.v1", "pipeline")),
    # TensorFlow finds the CUDA libraries among the Python packages; the node brings the driver.
    "gpu": Variant(
        "nodes of the pipeline on NVIDIA GPUs",
        _NODE | {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"},
        ("medtfx", "version"),
        ("tfx.v1", "pipeline"),
    ),
    "app": Variant(
        "web page and client",
        {},
        ("medtfx", "app", "--host", "0.0.0.0"),
        ("serving.app", "grpc"),
    ),
}

# Stack → base image. The wheels of `current` need a C library no older than Debian 13's.
BASES = {"current": "python:3.13-slim-trixie", "wide": "python:3.10-slim-bookworm"}

_TEXT = """\
# {title}
# Written by `medtfx kubeflow image`; the folder it lies in is the build context.
ARG BASE={base}

FROM ${{BASE}} AS build
{compiler}RUN python -m venv /opt/python
ENV PATH=/opt/python/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /build/
RUN {settings} pip install --no-deps --require-hashes -r /build/requirements.txt
COPY source /build/source
RUN {settings} pip install --no-deps{isolation} --target /opt/medtfx /build/source

FROM ${{BASE}}
LABEL {labels}
RUN mkdir -m 0770 /home/medtfx && chown {user}:0 /home/medtfx
ENV {environment}
COPY --from=build /opt/python /opt/python
COPY --from=build /opt/medtfx /opt/medtfx
USER {user}:0
WORKDIR /home/medtfx
RUN python -c "import {imports}" && medtfx version
HEALTHCHECK NONE
CMD [{command}]
"""

_COMPILER = """\
RUN apt-get update && apt-get install --yes --no-install-recommends g++ \\
    && rm -rf /var/lib/apt/lists/*
"""

# A site's package index, with its login: there during this step alone, and only if it is given.
_PIP_SETTINGS = "--mount=type=secret,id=pip,target=/etc/pip.conf"


def dockerfile(variant: str, stack: str, version: str) -> str:
    """Returns the Dockerfile of a variant.

    Args:
        variant: a key of `VARIANTS`.
        stack: `current` or `wide`; for its base image.
        version: of medtfx.
    """
    chosen = VARIANTS[variant]
    of_stack = "" if variant == "app" else f", stack {stack}"
    labels = {
        "org.opencontainers.image.title": "medtfx",
        "org.opencontainers.image.description": f"medtfx, {chosen.purpose}{of_stack}",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "medtfx.variant": variant,
    } | ({} if variant == "app" else {"medtfx.stack": stack})
    environment = {
        "PATH": "/opt/medtfx/bin:/opt/python/bin:$PATH",
        "PYTHONPATH": "/opt/medtfx",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/home/medtfx",
        **chosen.environment,
    }
    return _TEXT.format(
        title=f"medtfx {version}: {chosen.purpose}{of_stack}",
        base=BASES[stack],
        settings=_PIP_SETTINGS,
        compiler="" if variant == "app" else _COMPILER,
        # The page's lock has no setuptools, and pip then brings its own for the build.
        isolation="" if variant == "app" else " --no-build-isolation",
        labels=_pairs(labels),
        environment=_pairs(environment),
        user=USER_ID,
        imports=", ".join(chosen.imports),
        command=", ".join(f'"{word}"' for word in chosen.command),
    )


def _pairs(values: dict[str, str]) -> str:
    return " \\\n    ".join(f'{name}="{value}"' for name, value in values.items())
