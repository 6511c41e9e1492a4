"""Kubernetes' lists of pods and events over HTTP on loopback, with a kubeconfig for it.

The real API server takes a quarter of an hour to build; `tests/cluster` asks a real one.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-token"
LOG = "2026-11-28 05:37:40,123 Evaluator starts"  # of every pod

CONFIG = """
apiVersion: v1
kind: Config
clusters: [{{name: here, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]
users: [{{name: me, user: {{token: {token}}}}}]
contexts: [{{name: it, context: {{cluster: here, user: me}}}}]
current-context: it
"""


@contextlib.contextmanager
def kubernetes_api(
    folder: Path, pods: dict[str, list[dict[str, Any]]], events: list[dict[str, Any]]
) -> Iterator[Path]:
    """Yields a kubeconfig.

    Args:
        folder: for the kubeconfig.
        pods: namespace → its pods, with their labels.
        events: each with `involvedObject` and `type`.
    """

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: found[0] for name, found in parse_qs(parts.query).items()}
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self._answer(401, {"kind": "Status", "code": 401})
            _, _, _, _, namespace, kind, *rest = parts.path.split("/")
            if rest:
                return self._send(200, "text/plain", f"{LOG}\n".encode())
            if kind == "pods":
                name, value = query["labelSelector"].split("=")
                found = [
                    pod
                    for pod in pods.get(namespace, [])
                    if pod["metadata"]["labels"].get(name) == value
                ]
            else:
                wanted = dict(part.split("=") for part in query["fieldSelector"].split(","))
                found = [
                    event
                    for event in events
                    if event["involvedObject"]["name"] == wanted["involvedObject.name"]
                    and event["type"] == wanted["type"]
                ]
            return self._answer(200, {"kind": "List", "items": found})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    path = folder / "kubeconfig"
    path.write_text(CONFIG.format(port=server.server_address[1], token=TOKEN))
    yield path
    server.shutdown()
    server.server_close()
