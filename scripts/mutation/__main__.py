"""python -m mutation: see scripts/mutate."""

import os

from mutation.copy import COPY, refresh

if __name__ == "__main__":
    refresh()
    os.chdir(COPY)  # mutmut reads its settings where it is imported, and keeps its results there

    from mutation.command import main

    main()
