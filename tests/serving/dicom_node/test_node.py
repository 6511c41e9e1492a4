"""From a PACS to the model, and back into the study."""

from serving.dicom_node.spool import DONE
from tests.serving.dicom_node.radiographs import uid, write_radiograph


def done(node, count):
    """Whether so many rounds of studies are done."""
    ((found,),) = node.spool.rows("SELECT count(*) FROM rounds WHERE state = ?", DONE)
    return found == count


def results(pacs, study):
    """The tags of what has come back into a study."""
    tags = [pacs.tags(one) for one in pacs.instances_of(uid(study))]
    return [one for one in tags if one["Modality"] in ("SR", "OT", "PR")]


def test_a_study_is_answered_once_and_its_results_are_not_answered(pacs, node, tmp_path, tools):
    running = node()
    files = [write_radiograph(tmp_path, "two", number, grey=0.2) for number in (1, 2)]
    ids = pacs.upload(files)
    pacs.send(ids)
    tools.eventually(lambda: done(running, 1), 20)
    (report,) = results(pacs, "two")
    assert report["AccessionNumber"] == "Atwo" and "dark" in str(report)
    # The PACS sends the study once more, with the report: all of it is known or no image.
    pacs.send(pacs.instances_of(uid("two")))
    tools.eventually(lambda: running.spool.rows("SELECT 1 FROM objects WHERE state = 'ignored'"))
    assert done(running, 1)
    assert not list(running.spool.objects.iterdir()) + list(running.spool.results.iterdir())
