"""The error for people: one line that says what is wrong, and what to do."""


class Problem(Exception):
    """The release cannot go on. The message is one line, and nothing has been written."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
