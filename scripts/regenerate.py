#!/usr/bin/env python3
"""From Amazon's published models to `spec/` and `generated/`; `--help` says how."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from regeneration.command import main

if __name__ == "__main__":
    sys.exit(main())
