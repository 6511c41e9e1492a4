"""The error of a model that fails the validation."""


class UnservableError(Exception):
    """The model failed the validation.

    Args:
        reason: what is wrong, as a clause: 'the served model ...'.
        conclusive: False where the cause may be the machine and not the model, such as a time-out
            or a killed process: then another attempt makes sense.
    """

    def __init__(self, reason: str, conclusive: bool = True) -> None:
        super().__init__(reason)
        self.conclusive = conclusive
