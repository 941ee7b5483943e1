"""python -m mutation: see scripts/mutate."""

import os

from mutation.arguments import parsed
from mutation.copy import folder_for, refresh

if __name__ == "__main__":
    arguments = parsed()
    copy = folder_for(arguments.names)
    refresh(copy)
    os.chdir(copy)  # mutmut reads its settings where it is imported, and keeps its results there

    from mutation.command import run

    run(arguments)
