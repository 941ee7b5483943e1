#!/usr/bin/env python3
"""Opens a pull request for a change that `scripts/keep-up` made. `--help` shows the options."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from proposal.command import main

if __name__ == "__main__":
    sys.exit(main())
