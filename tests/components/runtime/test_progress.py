import logging
import threading

from components.runtime import progress
from components.runtime.progress import Progress


def test_a_listener_hears_every_report(heard):
    progress.report(1, 3, "images")
    progress.report(2, 3, "images", "slow")
    assert heard == [Progress(1, 3, "images"), Progress(2, 3, "images", "slow")]


def test_without_a_listener_a_line_goes_to_the_log_now_and_then(heard, caplog):
    progress.listen(None)
    with caplog.at_level(logging.INFO, logger="medtfx.progress"):
        for done in range(1, 1001):
            progress.report(done, 1000, "images")
    assert heard == []
    assert len(caplog.messages) <= 3  # the first, the last, and one if the machine sleeps
    assert caplog.messages[-1].strip() == "1000/1000 images"


def test_a_counter_counts_each_unit_once_in_many_threads(heard):
    counter = progress.Counter(400, "images")

    def work():
        for _ in range(100):
            counter.advance()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.done for report in heard) == list(range(1, 401))
    assert {(report.total, report.unit) for report in heard} == {(400, "images")}
