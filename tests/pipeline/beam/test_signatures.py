import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms import core

from pipeline.beam.signatures import _Remembered, remember_signatures


class Plain(beam.DoFn):
    def process(self, element, window=beam.DoFn.WindowParam, factor=3):
        yield element * factor


class Inherited(Plain):
    def finish_bundle(self, *anything, **named):
        pass

    @staticmethod
    def free(value, other=1):
        pass

    @classmethod
    def of(cls, value=2):
        pass


METHODS = [
    Plain().process,
    Inherited().process,
    Inherited().finish_bundle,
    Inherited().free,
    Inherited.of,
    Inherited.process,
    str.strip,
    lambda value, times=2: value * times,
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__qualname__)
def test_the_answer_is_that_of_beam(method):
    ask = getattr(core.get_function_args_defaults, "_ask", core.get_function_args_defaults)
    remembered = _Remembered(ask)
    assert remembered(method) == ask(method)
    assert remembered(method) == ask(method)


def test_a_method_is_asked_for_once():
    asked = []
    remembered = _Remembered(lambda function: asked.append(function) or (["self", "a"], [1]))
    names, defaults = remembered(Plain().process)
    defaults.append("changed by the caller")
    assert remembered(Inherited().process) == (["a"], [1])
    assert names == ["a"]
    assert asked == [Plain.process]


def test_beam_remembers_and_still_works(monkeypatch):
    monkeypatch.setattr(core, "get_function_args_defaults", core.get_function_args_defaults)
    remember_signatures()
    remember_signatures()
    assert not isinstance(core.get_function_args_defaults._ask, _Remembered)
    with beam.Pipeline() as pipeline:
        tripled = pipeline | beam.Create([1, 2]) | beam.ParDo(Plain())
        timed = tripled | beam.Map(
            lambda value, at=beam.DoFn.TimestampParam: (value, at.micros > 0)
        )
        assert_that(timed, equal_to([(3, False), (6, False)]))
