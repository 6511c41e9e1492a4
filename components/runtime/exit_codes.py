"""The exit codes of `medtfx`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of `medtfx`, for scripts that call it.

    Attributes:
        OK: done; `run`: the model is pushed. `kubeflow submit` and `kubeflow status` with --watch
            end as `run` does.
        FAILED: an error, or some images or recipes failed while the others are done.
        USAGE: the command line itself is wrong; typer gives this one.
        NOT_BLESSED: `run`: the model did not pass the gate, or was refused when served.
        NOT_LOADED: `promote`, `canary`, `rollback`: the servers have to load the version first;
            then the same command moves the label.
        ALARM: `monitor`: the predictions are not like those that the gate judged, or the recall by
            labels is below a floor.
        DECLINED: `run --if-new`: there is too little new data.
        UNAPPROVED: `run`: the model passed the gate and waits for `approve`.
        STOPPED: ended by Ctrl-C.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_BLESSED = 3
    NOT_LOADED = 3
    ALARM = 3
    DECLINED = 4
    UNAPPROVED = 5
    STOPPED = 130
