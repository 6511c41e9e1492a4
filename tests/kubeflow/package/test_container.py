import inspect

from kubeflow.package.container import with_parameters


def test_named_parameters_are_passed_by_position_and_by_name():
    def collect(**given):
        return given

    named = with_parameters(collect, {"data": str, "rows": int}, {"data": "/d"})
    parameters = inspect.signature(named).parameters
    assert list(parameters) == ["data", "rows"] and parameters["data"].default == "/d"
    assert parameters["rows"].default is inspect.Parameter.empty
    assert named("/x", rows=3) == {"data": "/x", "rows": 3}
