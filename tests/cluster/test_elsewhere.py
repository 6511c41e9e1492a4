"""Images at s3://, ML Metadata in a MySQL; on the stack `wide` all else at s3:// too."""

from tests.cluster.site import upload_films


def test_object_storage_and_a_database_of_your_own_do_as_well(site, tmp_path):
    place = site.elsewhere()
    data = upload_films(place.address, tmp_path)
    package = site.package(*place.platform)
    fresh = site.watch(site.submit(package, data=data, root=place.root))
    assert fresh.code == 0, fresh.text
    assert "Pushed as version" in site.log(fresh.run_id, "pusher")
    again = site.watch(site.submit(package, data=data, root=place.root))
    assert again.code == 0, again.text
    for node in ("image-example-gen", "transform", "trainer"):
        log = site.log(again.run_id, node)
        assert "is taken from the cache" in log and "TensorFlow" not in log
