import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest

from serving.embedded.models.batching import Batcher
from serving.embedded.status_error import StatusError


class Model:
    """Doubles x; refuses negative values. Holds its first run until `go` is set."""

    def __init__(self):
        self.sizes, self.go = [], threading.Event()

    def __call__(self, inputs):
        self.sizes.append(inputs["x"].size)
        if len(self.sizes) == 1:
            assert self.go.wait(10)
        if (inputs["x"] < 0).any():
            raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, f"negative: {inputs['x']}")
        return {"y": 2 * inputs["x"]}


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def batcher(model):
    made = Batcher(model, max_rows=4)
    yield made
    model.go.set()


def ask_while_busy(batcher, model, *requests, output="y"):
    """Sends a request that holds the model, queues the others in order, then lets go."""
    with ThreadPoolExecutor(len(requests) + 1) as pool:
        first = pool.submit(batcher, {"x": np.array([100.0])})
        while not model.sizes:
            pass
        futures = []
        for number, x in enumerate(requests, start=1):
            futures.append(pool.submit(batcher, {"x": np.array(x)}))
            while len(batcher._waiting) < number:
                pass
        model.go.set()
    assert first.result()[output].tolist() == [200]
    return futures


def test_what_waits_is_run_together(batcher, model):
    found = ask_while_busy(batcher, model, [1.0], [2.0, 3.0], [4.0])
    assert [one.result()["y"].tolist() for one in found] == [[2], [4, 6], [8]]
    assert model.sizes == [1, 4]


def test_a_batch_has_a_limit_and_keeps_the_order(batcher, model):
    found = ask_while_busy(batcher, model, [1.0, 2.0], [3.0, 4.0, 5.0], [6.0], [7.0] * 9)
    assert [one.result()["y"][0] for one in found] == [2, 6, 12, 14]
    assert model.sizes == [1, 2, 4, 9]


def test_only_the_bad_member_fails(batcher, model):
    good, bad, other = ask_while_busy(batcher, model, [1.0], [-2.0], [3.0])
    assert (good.result()["y"].tolist(), other.result()["y"].tolist()) == ([2], [6])
    with pytest.raises(StatusError, match=r"negative: \[-2\.\]"):
        bad.result()
    assert model.sizes == [1, 3, 1, 1, 1]


def test_members_of_different_shapes(batcher, model):
    flat, deep = ask_while_busy(batcher, model, [1.0], [[1.0, 2.0]])
    assert (flat.result()["y"].tolist(), deep.result()["y"].tolist()) == ([2], [[2, 4]])


def strings(*values):
    """Rows of the type of images; here they are numbers."""
    return np.array(values, object)


def test_a_large_request_lets_others_in_between(model):
    batcher = Batcher(model, max_rows=2)
    large, small = ask_while_busy(batcher, model, strings(1, 2, 3, 4), strings(5))
    assert (large.result()["y"].tolist(), small.result()["y"].tolist()) == ([2, 4, 6, 8], [10])
    assert model.sizes == [1, 2, 1, 2]


def test_a_large_request_fails_as_a_whole(batcher, model):
    (found,) = ask_while_busy(batcher, model, strings(1, 2, 3, 4, 5, -6))
    with pytest.raises(StatusError, match="negative"):
        found.result()


def test_outputs_that_are_not_by_row_come_from_the_whole_request():
    model = Model()
    model.go.set()
    batcher = Batcher(lambda inputs: {"sum": model(inputs)["y"].sum(keepdims=True)}, 2)
    assert batcher({"x": strings(1, 2, 3)})["sum"].tolist() == [12]


def test_a_lone_request_is_not_held(batcher, model):
    model.go.set()
    assert batcher({"x": np.array([1.0])})["y"].tolist() == [2]


@pytest.mark.parametrize("x", [np.array(1.0), np.zeros(0)])
def test_what_is_no_batch_goes_straight_to_the_model(batcher, model, x):
    model.go.set()
    assert batcher({"x": x})["y"].shape == x.shape


def test_outputs_that_are_not_by_row_are_not_shared():
    model = Model()
    batcher = Batcher(lambda inputs: {"sum": model(inputs)["y"].sum(keepdims=True)}, 8)
    found = ask_while_busy(batcher, model, [1.0, 2.0], [3.0], output="sum")
    assert [one.result()["sum"].tolist() for one in found] == [[6], [6]]


def test_a_defect_does_not_leave_anybody_waiting():
    model = Model()

    def broken(inputs):
        model(inputs)
        raise RuntimeError("session closed")

    batcher = Batcher(broken, 4)
    with pytest.raises(RuntimeError, match="session closed"):
        ask_while_busy(batcher, model, [1.0], [2.0])
    with pytest.raises(RuntimeError, match="session closed"):
        batcher({"x": np.zeros(1)})
    assert model.sizes == [1, 2, 1, 1, 1]


def test_many_clients_are_each_given_their_own_answer(batcher, model):
    model.go.set()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: batcher({"x": np.arange(n, n + n % 5)})["y"], range(2000)))
    assert all(y.tolist() == [2 * x for x in range(n, n + n % 5)] for n, y in enumerate(found))
    assert not batcher._waiting and batcher._free == 1


def test_a_refused_request_leaves_the_memory_at_once(batcher, model):
    """Images are large: they must not wait until Python looks for circles."""
    model.go.set()
    x = np.array([-1.0])
    kept = weakref.ref(x)
    gc.disable()
    try:
        batcher({"x": x})
    except StatusError:
        del x
        assert kept() is not None  # by the error, as long as it is looked at
    assert kept() is None
    gc.enable()
