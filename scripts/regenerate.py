#!/usr/bin/env python3
"""Makes `spec/` and `generated/` from Amazon's published models. `--help` shows the options."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from regeneration.command import main

if __name__ == "__main__":
    sys.exit(main())
