"""The error for people: one line that names the file and the place."""


class Problem(Exception):
    """Something outside this program is wrong. The message is one line, and nothing has been written."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
