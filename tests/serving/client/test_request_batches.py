from serving.client import request_batches as outbox
from serving.client.request_batches import OutgoingImage, in_batches


def image(size):
    return OutgoingImage("x", b"." * size)


def sizes(batches):
    return [[len(one.encoded) for one in batch] for batch in batches]


def test_batches_by_number():
    assert sizes(in_batches([image(1)] * 5, 2)) == [[1, 1], [1, 1], [1]]
    assert sizes(in_batches([], 2)) == []


def test_batches_by_bytes(monkeypatch):
    monkeypatch.setattr(outbox, "_MAX_REQUEST", 10)
    assert sizes(in_batches(map(image, (4, 4, 4, 50, 1, 9)), 16)) == [[4, 4], [4], [50], [1, 9]]


def test_only_one_batch_is_read_ahead():
    read = []
    batches = in_batches((read.append(n) or image(1) for n in range(10)), 3)
    next(batches)
    assert len(read) == 4


def test_no_request_holds_more_than_a_server_takes():
    large = [
        OutgoingImage(str(number), b"x", pixels=outbox.MAX_PIXELS_TOGETHER // 4)
        for number in range(9)
    ]
    assert [len(batch) for batch in in_batches(large, 16)] == [4, 4, 1]
    huge = [OutgoingImage("huge", b"x", pixels=10**9)] * 2
    assert [len(batch) for batch in in_batches(huge, 16)] == [1, 1]
    small = [OutgoingImage(str(number), b"x", pixels=64) for number in range(300)]
    assert [len(batch) for batch in in_batches(small, 1000)] == [256, 44]
