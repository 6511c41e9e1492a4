import platform

from components.run_report.environment import describe_environment


def test_the_stack_and_the_versions_that_are_installed():
    import keras

    found = describe_environment()
    assert found["stack"] in ("wide", "current")
    assert (found["Python"], found["keras"]) == (platform.python_version(), keras.__version__)
