"""ML Metadata's gRPC server over its own library; the real binary is in a container image alone."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent import futures


@contextlib.contextmanager
def grpc_server() -> Iterator[str]:
    """Yields the address of ML Metadata's gRPC service, served here over a store on disk.

    The answers come from the store in ML Metadata's own library, as in its server.
    """
    import grpc
    from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store
    from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

    folder = tempfile.TemporaryDirectory(prefix="medtfx-metadata-")
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = f"{folder.name}/metadata.sqlite"
    config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
    options = metadata_store_pb2.MigrationOptions().SerializeToString()
    store = metadata_store.CreateMetadataStore(config.SerializeToString(), options)
    service = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]
    codes = {code.value[0]: code for code in grpc.StatusCode}

    def answer(name: str) -> Callable:
        method = getattr(metadata_store, name)

        def call(request: bytes, context: grpc.ServicerContext) -> bytes:
            body, message, code = method(store, request)
            if code:
                context.abort(codes[code], message.decode())
            return body

        return call

    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(answer(method.name))
        for method in service.methods
        if hasattr(metadata_store, method.name)
    }
    # One thread: the store is one connection to one file.
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service.full_name, handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
        folder.cleanup()
