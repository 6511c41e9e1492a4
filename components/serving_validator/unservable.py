"""Why a model may not be served."""


class UnservableError(Exception):
    """The model did not pass.

    Args:
        reason: what is wrong, as a clause: 'the served model ...'.
        conclusive: False where the machine may be to blame rather than the model, as for a time-out
            or a killed process: another attempt is then worth its time.
    """

    def __init__(self, reason: str, conclusive: bool = True) -> None:
        super().__init__(reason)
        self.conclusive = conclusive
