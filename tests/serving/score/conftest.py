"""Folders of grey squares, and a server that fails as told.

make_folder    writes 16-px PNGs: name → grey level, or name → bytes of any file
scripted       starts a server whose answer a test scripts, image by image
run_job        scores a folder into a CSV, in this process
"""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from serving.client import Client
from serving.score.batch_scorer import BatchScorer, ask_origin
from serving.score.job import Job
from serving.score.listing import list_images
from serving.score.origin import Origin
from serving.score.rows import Row
from serving.score.summary import Summary
from serving.score.table import ScoreTable
from tests.serving.predict_server import PredictServer, response_to, sent_images


@pytest.fixture
def origin():
    return Origin("tiny", 2, ("dark", "bright"))


@pytest.fixture
def make_row():
    def make(file, bright=0.75, version=2):
        label = "bright" if bright > 0.5 else "dark"
        return Row(file, label, (1 - bright, bright), False, version)

    return make


@pytest.fixture
def make_folder(tmp_path, tools):
    def make(files, name="images"):
        for path, content in files.items():
            place = tmp_path / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(tools.png(content) if isinstance(content, int) else content)
        return tmp_path / name

    return make


@pytest.fixture
def run_job():
    """Returns the summary; what is raised comes through."""

    def run(folder, out, address, restart=False, **settings):
        listing = list_images(folder)
        batch_size = settings.pop("batch_size", 4)
        with Client(address, "tiny", timeout=10, attempts=1) as client:
            origin = ask_origin(client)
            summary = Summary(origin, len(listing.images))
            with ScoreTable(out, origin, restart) as table:
                asker = BatchScorer(client, origin, listing.root)
                Job(
                    listing, asker, table, summary, batch_size, settings.pop("workers", 2),
                    settings.pop("progress", lambda _: None),
                ).run()  # fmt: skip
        return summary

    return run


@pytest.fixture
def scripted():
    """Starts a server that answers each image with 0.75 bright, unless `refuse` names a code.

    `refuse(image)` is given the bytes of each image of a request. `requests` lists their sizes.
    """
    with ExitStack() as servers:
        yield lambda refuse: _begin(refuse, servers)


def _begin(refuse, servers):
    requests = []

    def answer(_, request, context):
        requests.append(len(sent_images(request)))
        for image in sent_images(request):
            if code := refuse(image):
                context.abort(code, "as the test says")
        return response_to(request, 2, ["dark", "bright"], [0.25, 0.75], "bright")

    server = servers.enter_context(PredictServer(answer))
    return SimpleNamespace(address=server.address, requests=requests)
