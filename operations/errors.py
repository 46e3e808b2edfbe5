"""The error that any command may end with."""


class CannotAsk(Exception):
    """Something cannot be asked or done; its text is one sentence for the operator."""
