"""The command `serve`: a model server on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import (
    MEGAPIXELS,
    CertificateOption,
    HomeOption,
    KeyOption,
    LogOption,
    MegapixelsOption,
)


def serve(
    model_base: Annotated[
        Path | None, typer.Option(help="Folder of pushed models. Default: <home>/models.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="gRPC port.")] = 8500,
    rest_port: Annotated[int, typer.Option(help="REST port.")] = 8501,
    models_config: Annotated[
        Path | None, typer.Option(help="A models.config file of TensorFlow Serving.")
    ] = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    allow_reload: Annotated[
        bool,
        typer.Option(
            "--allow-reload",
            help="Serve what `medtfx promote --server` sends; it shows the token in the home.",
        ),
    ] = False,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Listen beyond this machine without TLS or a token."),
    ] = False,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    max_megabytes: Annotated[
        int, typer.Option(help="Larger requests are refused.", min=1, max=1000)
    ] = 64,
    log: LogOption = None,
    *,
    home: HomeOption,
) -> None:
    """Serve pushed models on this machine.

    Over gRPC and REST, with TensorFlow Serving's protocol, until Ctrl-C. With a token in
    $MEDTFX_SERVING_TOKEN, every request has to show it.
    """
    from components.runtime.imports import importing
    from components.storage.plain_path import plain_path

    with importing():
        from serving.embedded.image_bounds import ImageBounds
        from serving.embedded.server import Settings
        from serving.embedded.server import serve as serve_models
    from serving.protocol.token import reload_token, token_from_environment

    base = plain_path(model_base.absolute()) if model_base else home.models
    settings = Settings(
        host=host,
        grpc_port=port,
        rest_port=rest_port,
        models_config=models_config,
        images=ImageBounds(pixels=max_megapixels * 10**6),
        max_message=max_megabytes * 2**20,
        certificate=certificate,
        key=key,
        token=token_from_environment(),
        reload_token=reload_token(base) if allow_reload else None,
        insecure=insecure,
        request_log=log,
    )
    serve_models(
        base,
        settings,
        when_ready=lambda server: typer.echo(
            f"Serving {base}: gRPC on {server.address}, REST on port {server.rest_port}. "
            "Ctrl-C ends it."
        ),
    )
