"""The error for people: one line that says what is wrong."""


class Problem(Exception):
    """Nothing can be proposed. The message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
