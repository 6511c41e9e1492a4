"""Orthanc, the model's server and the node are killed at any moment: nothing is lost or doubled."""

import threading
import time
from typing import Any

import pytest

from tests.serving.dicom.radiographs import radiograph, uid, write_radiograph
from tests.serving.dicom.trial import trial

STUDIES, IMAGES = 12, 3


@pytest.mark.slow
def test_every_study_is_answered_once(tmp_path, base):
    names = [f"s{number}" for number in range(STUDIES)]
    with trial(tmp_path, base) as running:
        ids = {}
        for name in names:
            files = [write_radiograph(tmp_path / "sent", name, n) for n in range(1, IMAGES + 1)]
            ids[name] = running.pacs.upload(files)

        def send(some):
            for name in some:
                running.send(ids[name])
                time.sleep(0.3)

        sender = threading.Thread(target=send, args=[names])
        sender.start()
        victims: Any = (running.server, running.node, running.pacs)
        for victim in victims:
            time.sleep(1)
            victim.kill()
            time.sleep(0.2)
            victim.start()
        sender.join()
        running.wait(120)
        studies, images = running.answers()
    assert studies == {uid(name): 1 for name in names}
    assert images == {
        str(radiograph(name, number).SOPInstanceUID): 1
        for name in names
        for number in range(1, IMAGES + 1)
    }
