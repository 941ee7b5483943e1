"""The one error that people see: a line that names the file and the place."""


class Problem(Exception):
    """Something outside this program is wrong; its text is one line, and nothing has been written."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
